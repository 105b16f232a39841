-- The tables of the bus, the process manager and batches. What is derivable is not written: see 0002 for the views.
-- Keys are (id, lane), in that order: with a lane prefix the planner took it for settles on small tables, at twice the cost.
-- fillfactor leaves room for the two updates that every command, and every process, sees.

create table faultline.batch (
  batch_id uuid primary key,
  kind text not null constraint "kind is process or command" check (kind in ('process', 'command')),
  name text,
  process_type text,
  process_version int,
  domain text not null,
  status text not null constraint "batch status is known" check (status in
    ('CREATING', 'RUNNING', 'AT_REST', 'CANCELING', 'COMPLETED', 'COMPLETED_WITH_FAILURES', 'CANCELED')),
  total_count int not null constraint "total_count is 1 to 100000" check (total_count between 1 and 100000),
  created_count int not null default 0,
  completed_count int not null default 0,
  compensated_count int not null default 0,
  failed_count int not null default 0,
  canceled_count int not null default 0,
  waiting_count int not null default 0,
  in_troubleshooting_count int not null default 0,
  seed text not null constraint "seed is 1 to 64 of A-Za-z0-9._-" check (seed ~ '^[A-Za-z0-9._-]{1,64}$'),
  input jsonb not null default '{}',
  behavior jsonb,
  max_attempts smallint not null,
  backoff_ms int[] not null,
  lease_ms int not null,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  rested_at timestamptz,
  completed_at timestamptz,
  counted_at timestamptz,
  constraint "counts are never negative and never exceed the total" check (
    least(created_count, completed_count, compensated_count, failed_count, canceled_count, waiting_count, in_troubleshooting_count) >= 0
    and created_count <= total_count)
);
create index batch_open on faultline.batch (batch_id) where status not in ('COMPLETED', 'COMPLETED_WITH_FAILURES', 'CANCELED');

create table faultline.command (
  command_id uuid not null,
  lane smallint not null,
  domain text not null,
  type text not null,
  purpose text not null constraint "purpose is known" check (purpose in ('step', 'compensation', 'standalone', 'chunk', 'job')),
  status text not null default 'PENDING' constraint "command status is known" check (status in
    ('PENDING', 'IN_PROGRESS', 'COMPLETED', 'FAILED', 'CANCELED', 'IN_TROUBLESHOOTING_QUEUE')),
  priority smallint not null default 5,
  attempts int not null default 0,
  attempts_limit int not null,
  max_attempts smallint not null constraint "max_attempts is 1 to 100" check (max_attempts between 1 and 100),
  interruptions smallint not null default 0,
  lease_ms int not null constraint "lease_ms is 500 to 3600000" check (lease_ms between 500 and 3600000),
  backoff_ms int[] not null,
  available_at timestamptz not null,
  claim_id uuid,
  worker_id uuid,
  attempt_started_at timestamptz,
  lease_expires_at timestamptz,
  process_id uuid,
  batch_id uuid,
  step text,
  correlation_id uuid,
  reply_to text,
  -- A hook wrote a row beside this command when it was sent.
  annotated boolean not null default false,
  -- The injected fault of the last attempt; of one under way it is written before, where the fault prevents its own settle.
  fault text,
  payload jsonb not null default '{}',
  result jsonb,
  error_code text,
  error_message text,
  error_group text,
  park_reason text,
  parked_at timestamptz,
  created_at timestamptz not null,
  settled_at timestamptz,
  primary key (command_id, lane),
  constraint "a claim is on exactly the commands in progress" check ((status = 'IN_PROGRESS') = (lease_expires_at is not null))
) with (fillfactor = 65, autovacuum_vacuum_scale_factor = 0.1, autovacuum_analyze_scale_factor = 0.1);
-- Ready work, in the order of claiming.
create index command_ready on faultline.command (domain, priority, available_at) where status = 'PENDING';
-- Leases, for reap.
create index command_leased on faultline.command (lease_expires_at) where status = 'IN_PROGRESS';
-- The troubleshooting queue.
create index command_parked on faultline.command (parked_at, command_id) where status = 'IN_TROUBLESHOOTING_QUEUE';

create table faultline.attempt (
  command_id uuid not null,
  lane smallint not null,
  attempt int not null,
  claim_id uuid not null,
  worker_id uuid,
  started_at timestamptz not null,
  ended_at timestamptz not null,
  outcome text not null,
  effect text not null,
  retry_at timestamptz,
  reason text,
  error_code text,
  error_message text,
  fault text,
  process_id uuid,
  batch_id uuid,
  purpose text not null,
  step text,
  primary key (command_id, attempt, lane)
);
-- Append-only and written in time order: a range index of a few pages serves throughput, funnels and windows.
create index attempt_ended on faultline.attempt using brin (ended_at) with (pages_per_range = 16, autosummarize = on);

create table faultline.event (
  event_id bigint generated always as identity,
  lane smallint not null,
  at timestamptz not null default now(),
  type text not null,
  command_id uuid,
  process_id uuid,
  batch_id uuid,
  attempt int,
  actor text,
  reason text,
  details jsonb,
  primary key (event_id, lane)
);
create index event_command on faultline.event (command_id) where command_id is not null;
create index event_process on faultline.event (process_id) where process_id is not null;
create index event_batch on faultline.event (batch_id) where batch_id is not null;
create index event_at on faultline.event using brin (at);

create table faultline.process (
  process_id uuid not null,
  lane smallint not null,
  batch_id uuid,
  ordinal int not null,
  process_type text not null,
  version int not null,
  domain text not null,
  status text not null constraint "process status is known" check (status in
    ('WAITING_FOR_REPLY', 'WAITING_FOR_TSQ', 'COMPENSATING', 'COMPLETED', 'COMPENSATED', 'FAILED', 'CANCELED')),
  current_step text,
  awaiting_command_id uuid,
  state jsonb not null,
  -- The steps sent, in order (a second visit reads `query#2`), and every command of the process, compensations included.
  path text[] not null,
  command_ids uuid[] not null,
  -- While compensating: how many entries of path are still to be undone, and how the process ends then.
  undo smallint,
  ending text,
  error_code text,
  error_message text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  completed_at timestamptz,
  primary key (process_id, lane),
  unique (batch_id, ordinal, lane)
) with (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.1, autovacuum_analyze_scale_factor = 0.1);
create index process_batch_status on faultline.process (batch_id, status);
-- Processes whose own code threw: they wait for an operator, their command does not.
create index process_advance_failed on faultline.process (updated_at, process_id)
  where status = 'WAITING_FOR_TSQ' and error_code = 'ADVANCE_FAILED';

create table faultline.reply (
  reply_id uuid not null,
  lane smallint not null,
  queue text not null,
  command_id uuid not null,
  process_id uuid,
  correlation_id uuid,
  batch_id uuid,
  outcome text not null constraint "reply outcome is known" check (outcome in ('SUCCESS', 'FAILED', 'CANCELED')),
  result jsonb,
  error_code text,
  error_message text,
  -- Why it waits here: asked for by reply_to, or for a process that is unknown or owned by another service.
  note text,
  created_at timestamptz not null default now(),
  primary key (reply_id, lane)
);
create index reply_queue on faultline.reply (queue, reply_id);

create table faultline.worker (
  worker_id uuid primary key,
  name text not null,
  pid int not null,
  domains text[] not null,
  slots int not null,
  in_flight int not null default 0,
  hanging int not null default 0,
  settled_count bigint not null default 0,
  status text not null constraint "worker status is known" check (status in ('RUNNING', 'DRAINING', 'STOPPED')),
  started_at timestamptz not null default now(),
  heartbeat_at timestamptz not null default now()
);

create table faultline.setting (
  key text primary key,
  value jsonb not null,
  updated_at timestamptz not null default now()
);

create table faultline.idempotency_key (
  key text primary key,
  request_hash text not null,
  batch_id uuid not null,
  created_at timestamptz not null default now()
);

create schema e2e;
create table e2e.test_command (
  command_id uuid not null,
  lane smallint not null,
  behavior jsonb not null,
  payload jsonb not null,
  created_at timestamptz not null default now(),
  primary key (command_id, lane)
);
