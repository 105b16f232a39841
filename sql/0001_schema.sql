-- The schema of Faultline: the bus, processes, batches, operation and the chaos lab, and the views that derive the audit.
-- Each hot table has the key (id, lane), in that order: with the lane first, the planner chose a prefix scan for settles on
-- small tables, at twice the cost. Its fillfactor leaves room for the two updates of each row.

-- Processes, or standalone commands, that are launched and counted together.
create table faultline.batch (
  batch_id uuid primary key,
  kind text not null constraint "kind is process or command" check (kind in ('process', 'command')),
  name text,
  process_type text,
  process_version int,
  domain text not null,
  status text not null constraint "batch status is known" check (status in
    ('CREATING', 'RUNNING', 'AT_REST', 'CANCELING', 'COMPLETED', 'COMPLETED_WITH_FAILURES', 'CANCELED')),
  total_count int not null,
  created_count int not null default 0,
  completed_count int not null default 0,
  compensated_count int not null default 0,
  failed_count int not null default 0,
  canceled_count int not null default 0,
  waiting_count int not null default 0,
  in_troubleshooting_count int not null default 0,
  -- The ordinal of its first process: not 0 if it reruns one process of another batch with the same rolls.
  first_ordinal int not null default 0,
  seed text not null constraint "seed is 1 to 64 of A-Za-z0-9._-" check (seed ~ '^[A-Za-z0-9._-]{1,64}$'),
  input jsonb not null default '{}',
  behavior jsonb,
  -- Hypothesis, scope, stop conditions and turbulence. Only the chaos lab reads it.
  experiment jsonb,
  -- Stop conditions that were met, by their index in the list: each fires once.
  conditions_met int[] not null default '{}',
  -- Since then nothing is injected into the batch.
  injection_stopped_at timestamptz,
  custom jsonb,
  reply_to text,
  max_attempts smallint not null,
  backoff_ms int[] not null,
  jitter_pct smallint not null default 0 constraint "jitter_pct is 0 to 100" check (jitter_pct between 0 and 100),
  lease_ms int not null,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  rested_at timestamptz,
  -- A cancelled batch can still be at rest while an item waits for an operator, so this is not part of its status.
  cancel_requested_at timestamptz,
  -- A command batch takes more commands until it is closed, and does not end before.
  closed_at timestamptz default now(),
  completed_at timestamptz,
  counted_at timestamptz,
  -- Set while the batch is being deleted, slice by slice. It is no longer listed.
  pruning_at timestamptz,
  constraint "total_count is 1 to 100000, and any number from 0 for commands"
    check (total_count between 1 and 100000 or (kind = 'command' and total_count >= 0)),
  constraint "counts are never negative and never exceed the total" check (
    least(created_count, completed_count, compensated_count, failed_count, canceled_count, waiting_count, in_troubleshooting_count) >= 0
    and created_count <= total_count)
);
create index batch_open on faultline.batch (batch_id) where status not in ('COMPLETED', 'COMPLETED_WITH_FAILURES', 'CANCELED');

-- One request to do one thing, with the attempt in progress if there is one.
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
  jitter_pct smallint not null default 0 constraint "jitter_pct is 0 to 100" check (jitter_pct between 0 and 100),
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
  -- A hook stored a row for this command when it was sent.
  annotated boolean not null default false,
  -- The fault injected into the last attempt. It is written before the handler runs if the fault prevents settling.
  fault text,
  payload jsonb not null default '{}',
  result jsonb,
  error_code text,
  error_message text,
  error_group text,
  park_reason text,
  parked_at timestamptz,
  -- The deadline counts from the moment the command is sent, or put back by an operator.
  deadline_ms int constraint "deadline_ms is positive" check (deadline_ms > 0),
  deadline_at timestamptz,
  on_deadline text constraint "on_deadline is known" check (on_deadline in ('tsq', 'compensate', 'fail')),
  created_at timestamptz not null,
  settled_at timestamptz,
  primary key (command_id, lane),
  constraint "a claim is on exactly the commands in progress" check ((status = 'IN_PROGRESS') = (lease_expires_at is not null))
) with (fillfactor = 65, autovacuum_vacuum_scale_factor = 0.1, autovacuum_analyze_scale_factor = 0.1);
-- Ready commands, in claiming order.
create index command_ready on faultline.command (domain, priority, available_at) where status = 'PENDING';
-- Leases, for the reaper.
create index command_leased on faultline.command (lease_expires_at) where status = 'IN_PROGRESS';
-- The troubleshooting queue.
create index command_parked on faultline.command (parked_at, command_id) where status = 'IN_TROUBLESHOOTING_QUEUE';
create index command_deadline on faultline.command (deadline_at)
  where deadline_at is not null and status in ('PENDING', 'IN_PROGRESS');
-- Lists of standalone commands, and the counts of command batches. Steps are in none of these.
create index command_standalone on faultline.command (created_at, command_id) where purpose = 'standalone';
create index command_standalone_status on faultline.command (status, created_at, command_id) where purpose = 'standalone';
create index command_batch_status on faultline.command (batch_id, status, command_id) where purpose = 'standalone' and batch_id is not null;
-- Internal commands, deleted with their batch or, without a batch, by age.
create index command_internal on faultline.command (batch_id, created_at, command_id) where purpose in ('chunk', 'job');

-- Ended attempts. Append-only.
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
-- Rows are written in time order: a range index of a few pages serves throughput, funnels and windows.
create index attempt_ended on faultline.attempt using brin (ended_at) with (pages_per_range = 16, autosummarize = on);

-- What no row of another table shows. See the view `recorded_event`.
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
-- Events of a whole batch or of the system, by time: few among the many events of commands and processes.
create index event_system on faultline.event (at) where command_id is null and process_id is null;
-- The latest turbulence of a batch by kind, read several times a second.
create index event_turbulence on faultline.event (batch_id, (details ->> 'kind'), event_id) where type = 'TURBULENCE';

-- A durable sequence of steps with its state.
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
  -- The steps sent, in order (a second visit reads `query#2`), and all commands of the process, compensations included.
  path text[] not null,
  command_ids uuid[] not null,
  -- While compensating: how many entries of path are still to be undone, and the status in which the process ends.
  undo smallint,
  ending text,
  error_code text,
  error_message text,
  deadline_ms int constraint "deadline_ms is positive" check (deadline_ms > 0),
  deadline_at timestamptz,
  on_deadline text constraint "on_deadline is known" check (on_deadline in ('tsq', 'compensate', 'fail')),
  -- The process ended without compensation, so the effect of a late reply is kept too.
  keep_effects boolean not null default false,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  -- When it began to wait for an operator.
  parked_at timestamptz,
  completed_at timestamptz,
  primary key (process_id, lane),
  unique (batch_id, ordinal, lane)
) with (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.1, autovacuum_analyze_scale_factor = 0.1);
create index process_batch_status on faultline.process (batch_id, status);
create index process_deadline on faultline.process (deadline_at) where deadline_at is not null and status = 'WAITING_FOR_REPLY';
-- Processes that wait for an operator because their definition threw. Not by `updated_at`: each step writes it, and an index on it
-- prevents HOT updates whatever its predicate. Without it, two of three steps of a chain touch no index of the process.
create index process_advance_failed on faultline.process (parked_at, process_id)
  where status = 'WAITING_FOR_TSQ' and error_code = 'ADVANCE_FAILED';

-- Replies in reply queues, and kept replies of processes (with a process_id).
create table faultline.reply (
  reply_id uuid not null,
  lane smallint not null,
  queue text not null,
  -- Null for the reply that announces the end of a batch.
  command_id uuid,
  process_id uuid,
  correlation_id uuid,
  batch_id uuid,
  outcome text not null constraint "reply outcome is known" check (outcome in ('SUCCESS', 'FAILED', 'CANCELED')),
  result jsonb,
  error_code text,
  error_message text,
  -- Why it waits here: the sender named a reply_to, or no service that knows the process has routed it yet.
  note text,
  keep_effects boolean not null default false,
  created_at timestamptz not null default now(),
  primary key (reply_id, lane)
);
create index reply_queue on faultline.reply (queue, reply_id);
create index reply_batch on faultline.reply (batch_id, queue) where batch_id is not null;
create index reply_command on faultline.reply (command_id) where command_id is not null;
-- Kept replies, looked up every second among any number of others.
create index reply_kept on faultline.reply (reply_id) where process_id is not null;

-- Workers with their heartbeat, load and health.
create table faultline.worker (
  worker_id uuid primary key,
  name text not null,
  pid int not null,
  domains text[] not null,
  slots int not null,
  in_flight int not null default 0,
  hanging int not null default 0,
  settled_count bigint not null default 0,
  settled_per_second real not null default 0,
  -- By domain: {"slots": 100, "in_flight": 3}.
  by_domain jsonb not null default '{}',
  status text not null constraint "worker status is known" check (status in ('RUNNING', 'DRAINING', 'STOPPED')),
  health text not null default 'HEALTHY' constraint "health is known" check (health in ('HEALTHY', 'DEGRADED', 'CRITICAL')),
  health_reason text,
  rss_bytes bigint,
  loop_delay_ms real,
  started_at timestamptz not null default now(),
  heartbeat_at timestamptz not null default now()
);

-- Domains that were ever paused or capped.
create table faultline.domain (
  domain text primary key,
  paused_at timestamptz,
  paused_by text,
  pause_reason text,
  -- The cap over all workers.
  max_in_flight int constraint "max_in_flight is 1 to 100000" check (max_in_flight between 1 and 100000),
  updated_at timestamptz not null default now()
);

-- Values that apply to all services and can change at run time.
create table faultline.setting (
  key text primary key,
  value jsonb not null,
  updated_at timestamptz not null default now()
);

-- Launches that carried an idempotency key. A key counts for a day and is then deleted.
create table faultline.idempotency_key (
  key text primary key,
  request_hash text not null,
  batch_id uuid not null,
  created_at timestamptz not null default now()
);
create index idempotency_key_created on faultline.idempotency_key (created_at);

-- One verb over many items of the troubleshooting queue.
create table faultline.job (
  job_id uuid primary key,
  verb text not null constraint "verb is known" check (verb in ('retry', 'cancel', 'complete')),
  filter jsonb not null,
  reason text,
  actor text not null,
  result jsonb,
  status text not null constraint "job status is known" check (status in ('RUNNING', 'COMPLETED', 'ABORTED')),
  total_count int not null,
  done_count int not null default 0,
  failed_count int not null default 0,
  began_at timestamptz not null default now(),
  completed_at timestamptz,
  aborted_by text,
  constraint "counts are never negative" check (least(total_count, done_count, failed_count) >= 0)
);
create index job_began on faultline.job (began_at, job_id);

-- What a job has still to do, selected in one snapshot when it began. An item that leaves this list does not return to it.
create table faultline.job_slice (
  job_id uuid not null references faultline.job on delete cascade,
  slice_no int not null,
  lane smallint not null,
  item_ids uuid[] not null,
  primary key (job_id, slice_no)
);

-- Items that a job could not process.
create table faultline.job_failure (
  job_id uuid not null references faultline.job on delete cascade,
  item_id uuid not null,
  error_code text not null,
  error_message text not null,
  at timestamptz not null default now(),
  primary key (job_id, item_id)
);

-- The chaos lab: what chaos does to a command. The table is filled when the command is sent.
create schema e2e;
create table e2e.test_command (
  command_id uuid not null,
  lane smallint not null,
  behavior jsonb not null,
  payload jsonb not null,
  -- Attempts into which nothing was injected because injection was stopped.
  suppressed int[],
  created_at timestamptz not null default now(),
  primary key (command_id, lane)
);

-- Behaviors that a batch was given after its launch: steps sent from `at` on take the newest.
create table faultline.batch_behavior (
  batch_id uuid not null references faultline.batch on delete cascade,
  version int not null constraint "versions count from 1" check (version > 0),
  behavior jsonb,
  at timestamptz not null default now(),
  actor text not null,
  reason text,
  primary key (batch_id, version)
);

-- The last full verdict of a batch, and the state of the batch it describes.
create table faultline.verdict (
  batch_id uuid primary key references faultline.batch on delete cascade,
  verdict text not null constraint "verdict is pass or fail" check (verdict in ('pass', 'fail')),
  checks jsonb not null,
  fingerprint text not null,
  computed_at timestamptz not null default now(),
  duration_ms int not null
);

-- Saved behaviors. One without a process type applies to any process: steps that the process does not have are ignored.
create table faultline.profile (
  profile_id uuid primary key,
  name text not null unique,
  description text,
  process_type text,
  behavior jsonb not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

-- The audit and the step records are views over command, attempt, process and event: what is derivable is not stored.
-- Each view keeps the key columns of its tables as they are, so that a filter or a join by key becomes a key lookup.
--
-- The audit is ordered by (at, attempt, rank). All rows of one transaction have the same `at`; nulls sort last, so the end of an
-- attempt stands before what followed from it. `event_id` is 0 except for recorded events, and makes
-- (at, attempt, rank, command_id, process_id, batch_id, event_id) unique.

-- Events of a command: it was sent, and its attempt in progress, which has no row of its own yet.
create view faultline.command_event as
select e.at, e.attempt, e.rank, e.type, c.command_id, c.process_id, c.batch_id, c.lane, c.step,
  case e.rank when 20 then c.fault end as fault,
  case e.rank
    when 80 then jsonb_strip_nulls(jsonb_build_object('domain', c.domain, 'type', c.type, 'purpose', c.purpose,
      'correlation_id', c.correlation_id, 'reply_to', c.reply_to, 'max_attempts', c.max_attempts, 'lease_ms', c.lease_ms))
    when 10 then jsonb_strip_nulls(jsonb_build_object('worker_id', c.worker_id))
    else '{}'
  end as details,
  0::bigint as event_id
from faultline.command c
  cross join lateral (values
    (c.created_at, null::int, 80::smallint, 'SENT'),
    (c.attempt_started_at, c.attempts, 10::smallint, case when c.status = 'IN_PROGRESS' then 'RECEIVED' end),
    (c.attempt_started_at, c.attempts, 20::smallint,
      case when c.status = 'IN_PROGRESS' and c.fault is not null then 'CHAOS_INJECTED' end)
  ) as e(at, attempt, rank, type)
where e.type is not null;

-- Events of ended attempts. `ended_at` is exposed beside `at` for time windows, because attempt_ended indexes it.
-- Details are built outside of the values list: inside, they took two thirds of the time of an audit.
create view faultline.attempt_event as
select e.at, a.attempt, e.rank, e.type, a.command_id, a.process_id, a.batch_id, a.lane, a.step,
  case when e.rank > 10 then a.fault end as fault,
  case e.rank
    when 10 then jsonb_strip_nulls(jsonb_build_object('worker_id', a.worker_id))
    when 20 then '{}'
    when 30 then jsonb_strip_nulls(jsonb_build_object('error_code', a.error_code, 'error_message', a.error_message))
    else jsonb_strip_nulls(jsonb_build_object(
      'retry_at', to_char(a.retry_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'reason', a.reason,
      'error_code', a.error_code, 'error_message', a.error_message))
  end as details,
  0::bigint as event_id, a.ended_at, a.purpose
from faultline.attempt a
  cross join lateral (values
    (a.started_at, 10::smallint, 'RECEIVED'),
    (a.started_at, 20::smallint, case when a.fault is not null then 'CHAOS_INJECTED' end),
    (a.ended_at, 30::smallint,
      case a.outcome when 'success' then 'COMPLETED' when 'transient' then 'FAILED' when 'lease_expired' then 'LEASE_EXPIRED'
        when 'business_rule' then 'BUSINESS_RULE_FAILED' when 'released' then 'RELEASED' end),
    (a.ended_at, 40::smallint, case a.effect when 'RETRY' then 'RETRY_SCHEDULED' when 'TSQ' then 'MOVED_TO_TSQ' end)
  ) as e(at, rank, type)
where e.type is not null;

-- Events of a process: it started, and it ended.
create view faultline.process_event as
select e.at, null::int as attempt, e.rank, e.type, null::uuid as command_id, p.process_id, p.batch_id, p.lane,
  null::text as step, null::text as fault,
  case e.rank
    when 70 then jsonb_build_object('process_type', p.process_type, 'version', p.version, 'ordinal', p.ordinal)
    else jsonb_strip_nulls(jsonb_build_object('status', p.status, 'error_code', p.error_code, 'error_message', p.error_message))
  end as details,
  0::bigint as event_id
from faultline.process p
  cross join lateral (values (p.created_at, 70::smallint, 'PROCESS_STARTED'), (p.completed_at, 90::smallint, 'PROCESS_ENDED'))
    as e(at, rank, type)
where e.at is not null;

-- Events that are stored because no other row shows them.
create view faultline.recorded_event as
select v.at, v.attempt,
  (case when v.type = 'LATE_RESULT_DISCARDED' then 50 when v.type like 'OPERATOR\_%' then 60
    when v.type like 'BATCH\_%' then 95 when v.type = 'PROCESS_COMPENSATING' then 72 else 65 end)::smallint as rank,
  v.type, v.command_id, v.process_id, v.batch_id, v.lane, null::text as step, null::text as fault,
  coalesce(v.details, '{}') || jsonb_strip_nulls(jsonb_build_object('actor', v.actor, 'reason', v.reason)) as details, v.event_id
from faultline.event v;

-- The whole audit. Filter it by command_id; for a process or a batch use process_audit: commands have no index by process.
create view faultline.audit as
select at, attempt, rank, type, command_id, process_id, batch_id, lane, step, fault, details, event_id from faultline.command_event
union all
select at, attempt, rank, type, command_id, process_id, batch_id, lane, step, fault, details, event_id from faultline.attempt_event
union all
select at, attempt, rank, type, command_id, process_id, batch_id, lane, step, fault, details, event_id from faultline.process_event
union all
select at, attempt, rank, type, command_id, process_id, batch_id, lane, step, fault, details, event_id from faultline.recorded_event;

-- The audit of processes, by `of_process_id`, or by `of_batch_id` and `of_ordinal`.
create view faultline.process_audit as
select p.process_id as of_process_id, p.batch_id as of_batch_id, p.ordinal as of_ordinal,
  e.at, e.attempt, e.rank, e.type, e.command_id, e.process_id, e.batch_id, e.lane, e.step, e.fault, e.details, e.event_id
from faultline.process p cross join unnest(p.command_ids) as i(command_id)
  join faultline.command_event e on e.command_id = i.command_id and e.lane = p.lane
union all
select p.process_id, p.batch_id, p.ordinal,
  e.at, e.attempt, e.rank, e.type, e.command_id, e.process_id, e.batch_id, e.lane, e.step, e.fault, e.details, e.event_id
from faultline.process p cross join unnest(p.command_ids) as i(command_id)
  join faultline.attempt_event e on e.command_id = i.command_id and e.lane = p.lane
union all
select p.process_id, p.batch_id, p.ordinal,
  e.at, e.attempt, e.rank, e.type, e.command_id, e.process_id, e.batch_id, e.lane, e.step, e.fault, e.details, e.event_id
from faultline.process p join faultline.process_event e on e.process_id = p.process_id and e.lane = p.lane
union all
select p.process_id, p.batch_id, p.ordinal,
  e.at, e.attempt, e.rank, e.type, e.command_id, e.process_id, e.batch_id, e.lane, e.step, e.fault, e.details, e.event_id
from faultline.process p join faultline.recorded_event e on e.process_id = p.process_id;

-- The step records of a process, in the order in which its commands were sent.
create view faultline.process_step as
select p.process_id, p.batch_id, p.ordinal, i.position::int as position, c.command_id, c.lane, c.step, c.purpose, c.type, c.status,
  c.attempts, c.payload, c.result, c.error_code, c.error_message, c.created_at as sent_at,
  case when c.status in ('COMPLETED', 'FAILED', 'CANCELED') then c.settled_at end as settled_at
from faultline.process p cross join unnest(p.command_ids) with ordinality as i(command_id, position)
  join faultline.command c on c.command_id = i.command_id and c.lane = p.lane;
