-- What operating asks for beyond a batch's own path: deadlines, command batches, jobs over the troubleshooting queue,
-- domains that can be paused and capped, and how workers fare.

-- A deadline counts from when a command was sent, or put back by an operator. `on_deadline` says what follows.
alter table faultline.command
  add column jitter_pct smallint not null default 0 constraint "jitter_pct is 0 to 100" check (jitter_pct between 0 and 100),
  add column deadline_ms int constraint "deadline_ms is positive" check (deadline_ms > 0),
  add column deadline_at timestamptz,
  add column on_deadline text constraint "on_deadline is known" check (on_deadline in ('tsq', 'compensate', 'fail'));
create index command_deadline on faultline.command (deadline_at)
  where deadline_at is not null and status in ('PENDING', 'IN_PROGRESS');
-- Commands that belong to no process: lists, and the counts of command batches. Steps are never in these.
create index command_standalone on faultline.command (created_at, command_id) where purpose = 'standalone';
create index command_standalone_status on faultline.command (status, created_at, command_id) where purpose = 'standalone';
create index command_batch_status on faultline.command (batch_id, status, command_id) where purpose = 'standalone' and batch_id is not null;
-- Faultline's own work on a batch, or on none: found by it when the batch is deleted, or the work is old.
create index command_own on faultline.command (batch_id, created_at, command_id) where purpose in ('chunk', 'job');

alter table faultline.process
  add column deadline_ms int constraint "deadline_ms is positive" check (deadline_ms > 0),
  add column deadline_at timestamptz,
  add column on_deadline text constraint "on_deadline is known" check (on_deadline in ('tsq', 'compensate', 'fail')),
  -- It was ended without undoing what it did, so what is done late stays done too.
  add column keep_effects boolean not null default false;
create index process_deadline on faultline.process (deadline_at) where deadline_at is not null and status = 'WAITING_FOR_REPLY';

-- A command batch is open to more commands until it is closed, and never ends before.
alter table faultline.batch
  add column jitter_pct smallint not null default 0 constraint "jitter_pct is 0 to 100" check (jitter_pct between 0 and 100),
  add column closed_at timestamptz default now(),
  add column custom jsonb,
  add column reply_to text,
  -- Being deleted, slice by slice: no longer shown.
  add column pruning_at timestamptz,
  drop constraint "total_count is 1 to 100000",
  add constraint "total_count is 1 to 100000, and any number from 0 for commands"
    check (total_count between 1 and 100000 or (kind = 'command' and total_count >= 0));

alter table faultline.reply
  -- The end of a batch is told by a reply too, and that answers no command.
  alter column command_id drop not null,
  add column keep_effects boolean not null default false;
create index reply_batch on faultline.reply (batch_id, queue) where batch_id is not null;
create index reply_command on faultline.reply (command_id) where command_id is not null;

-- Keys count for a day: those that do are few, those that do not are deleted.
create index idempotency_key_created on faultline.idempotency_key (created_at);

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

-- What a job has yet to do, as chosen in the snapshot in which it began: whatever leaves this list never comes back to it.
create table faultline.job_slice (
  job_id uuid not null references faultline.job on delete cascade,
  slice_no int not null,
  lane smallint not null,
  item_ids uuid[] not null,
  primary key (job_id, slice_no)
);

create table faultline.job_failure (
  job_id uuid not null references faultline.job on delete cascade,
  item_id uuid not null,
  error_code text not null,
  error_message text not null,
  at timestamptz not null default now(),
  primary key (job_id, item_id)
);

-- A domain has a row once somebody paused or capped it.
create table faultline.domain (
  domain text primary key,
  paused_at timestamptz,
  paused_by text,
  pause_reason text,
  -- Over all workers.
  max_in_flight int constraint "max_in_flight is 1 to 100000" check (max_in_flight between 1 and 100000),
  updated_at timestamptz not null default now()
);

alter table faultline.worker
  add column health text not null default 'HEALTHY' constraint "health is known" check (health in ('HEALTHY', 'DEGRADED', 'CRITICAL')),
  add column health_reason text,
  add column settled_per_second real not null default 0,
  -- By domain: {"slots": 100, "in_flight": 3}.
  add column by_domain jsonb not null default '{}',
  add column rss_bytes bigint,
  add column loop_delay_ms real;
