-- The chaos lab: experiments, behaviors that change under way, injection that can be stopped, profiles, verdicts.

alter table faultline.batch
  -- The ordinal of its first process: not 0 where one process of another batch is run again alone, with the same rolls.
  add column first_ordinal int not null default 0,
  -- What the launcher wants to learn and how far it may go: hypothesis, scope, stop conditions, turbulence. Opaque to the process manager.
  add column experiment jsonb,
  -- Since then nothing is injected into it any more.
  add column injection_stopped_at timestamptz,
  -- Which of its stop conditions were met, by their place in the list, from 0: each fires once.
  add column conditions_met int[] not null default '{}';

-- Behaviors of a batch after the one it was launched with: steps sent from `at` on take the newest.
create table faultline.batch_behavior (
  batch_id uuid not null references faultline.batch on delete cascade,
  version int not null constraint "versions count from 1" check (version > 0),
  behavior jsonb,
  at timestamptz not null default now(),
  actor text not null,
  reason text,
  primary key (batch_id, version)
);

-- Attempts into which nothing was injected because injection was stopped: a replay passes them over.
alter table e2e.test_command add column suppressed int[];

-- The last full verdict of a batch, and what of the batch it was given on.
create table faultline.verdict (
  batch_id uuid primary key references faultline.batch on delete cascade,
  verdict text not null constraint "verdict is pass or fail" check (verdict in ('pass', 'fail')),
  checks jsonb not null,
  fingerprint text not null,
  computed_at timestamptz not null default now(),
  duration_ms int not null
);

-- Saved behaviors. Without a process type, by place: any step that a process does not have is passed over.
create table faultline.profile (
  profile_id uuid primary key,
  name text not null unique,
  description text,
  process_type text,
  behavior jsonb not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

-- Turbulence by batch and kind, the newest last: looked for several times a second, among events that may be many.
create index event_turbulence on faultline.event (batch_id, (details ->> 'kind'), event_id) where type = 'TURBULENCE';
