-- The schema as the migrations leave it, dumped from the catalog; a change here is a change users see.
-- Written by `npm run schema`, compared by `npm run check`. Never edited, never executed.

create schema e2e;

create schema faultline;

create table e2e.test_command (
  command_id uuid not null,
  lane smallint not null,
  behavior jsonb not null,
  payload jsonb not null,
  suppressed integer[],
  created_at timestamp with time zone default now() not null,
  constraint test_command_pkey PRIMARY KEY (command_id, lane)
);

create table faultline.attempt (
  command_id uuid not null,
  lane smallint not null,
  attempt integer not null,
  claim_id uuid not null,
  worker_id uuid,
  started_at timestamp with time zone not null,
  ended_at timestamp with time zone not null,
  outcome text not null,
  effect text not null,
  retry_at timestamp with time zone,
  reason text,
  error_code text,
  error_message text,
  fault text,
  process_id uuid,
  batch_id uuid,
  purpose text not null,
  step text,
  constraint attempt_pkey PRIMARY KEY (command_id, attempt, lane)
);

create table faultline.batch (
  batch_id uuid not null,
  kind text not null,
  name text,
  process_type text,
  process_version integer,
  domain text not null,
  status text not null,
  total_count integer not null,
  created_count integer default 0 not null,
  completed_count integer default 0 not null,
  compensated_count integer default 0 not null,
  failed_count integer default 0 not null,
  canceled_count integer default 0 not null,
  waiting_count integer default 0 not null,
  in_troubleshooting_count integer default 0 not null,
  first_ordinal integer default 0 not null,
  seed text not null,
  input jsonb default '{}'::jsonb not null,
  behavior jsonb,
  experiment jsonb,
  conditions_met integer[] default '{}'::integer[] not null,
  injection_stopped_at timestamp with time zone,
  custom jsonb,
  reply_to text,
  max_attempts smallint not null,
  backoff_ms integer[] not null,
  jitter_pct smallint default 0 not null,
  lease_ms integer not null,
  created_at timestamp with time zone default now() not null,
  started_at timestamp with time zone,
  rested_at timestamp with time zone,
  cancel_requested_at timestamp with time zone,
  closed_at timestamp with time zone default now(),
  completed_at timestamp with time zone,
  counted_at timestamp with time zone,
  pruning_at timestamp with time zone,
  constraint batch_pkey PRIMARY KEY (batch_id),
  constraint "batch status is known" CHECK ((status = ANY (ARRAY['CREATING'::text, 'RUNNING'::text, 'AT_REST'::text, 'CANCELING'::text, 'COMPLETED'::text, 'COMPLETED_WITH_FAILURES'::text, 'CANCELED'::text]))),
  constraint "counts are never negative and never exceed the total" CHECK (((LEAST(created_count, completed_count, compensated_count, failed_count, canceled_count, waiting_count, in_troubleshooting_count) >= 0) AND (created_count <= total_count))),
  constraint "jitter_pct is 0 to 100" CHECK (((jitter_pct >= 0) AND (jitter_pct <= 100))),
  constraint "kind is process or command" CHECK ((kind = ANY (ARRAY['process'::text, 'command'::text]))),
  constraint "seed is 1 to 64 of A-Za-z0-9._-" CHECK ((seed ~ '^[A-Za-z0-9._-]{1,64}$'::text)),
  constraint "total_count is 1 to 100000, and any number from 0 for commands" CHECK ((((total_count >= 1) AND (total_count <= 100000)) OR ((kind = 'command'::text) AND (total_count >= 0))))
);

create table faultline.batch_behavior (
  batch_id uuid not null,
  version integer not null,
  behavior jsonb,
  at timestamp with time zone default now() not null,
  actor text not null,
  reason text,
  constraint batch_behavior_pkey PRIMARY KEY (batch_id, version),
  constraint batch_behavior_batch_id_fkey FOREIGN KEY (batch_id) REFERENCES faultline.batch(batch_id) ON DELETE CASCADE,
  constraint "versions count from 1" CHECK ((version > 0))
);

create table faultline.command (
  command_id uuid not null,
  lane smallint not null,
  domain text not null,
  type text not null,
  purpose text not null,
  status text default 'PENDING'::text not null,
  priority smallint default 5 not null,
  attempts integer default 0 not null,
  attempts_limit integer not null,
  max_attempts smallint not null,
  interruptions smallint default 0 not null,
  lease_ms integer not null,
  backoff_ms integer[] not null,
  jitter_pct smallint default 0 not null,
  available_at timestamp with time zone not null,
  claim_id uuid,
  worker_id uuid,
  attempt_started_at timestamp with time zone,
  lease_expires_at timestamp with time zone,
  process_id uuid,
  batch_id uuid,
  step text,
  correlation_id uuid,
  reply_to text,
  annotated boolean default false not null,
  fault text,
  payload jsonb default '{}'::jsonb not null,
  result jsonb,
  error_code text,
  error_message text,
  error_group text,
  park_reason text,
  parked_at timestamp with time zone,
  deadline_ms integer,
  deadline_at timestamp with time zone,
  on_deadline text,
  created_at timestamp with time zone not null,
  settled_at timestamp with time zone,
  constraint command_pkey PRIMARY KEY (command_id, lane),
  constraint "a claim is on exactly the commands in progress" CHECK (((status = 'IN_PROGRESS'::text) = (lease_expires_at IS NOT NULL))),
  constraint "command status is known" CHECK ((status = ANY (ARRAY['PENDING'::text, 'IN_PROGRESS'::text, 'COMPLETED'::text, 'FAILED'::text, 'CANCELED'::text, 'IN_TROUBLESHOOTING_QUEUE'::text]))),
  constraint "deadline_ms is positive" CHECK ((deadline_ms > 0)),
  constraint "jitter_pct is 0 to 100" CHECK (((jitter_pct >= 0) AND (jitter_pct <= 100))),
  constraint "lease_ms is 500 to 3600000" CHECK (((lease_ms >= 500) AND (lease_ms <= 3600000))),
  constraint "max_attempts is 1 to 100" CHECK (((max_attempts >= 1) AND (max_attempts <= 100))),
  constraint "on_deadline is known" CHECK ((on_deadline = ANY (ARRAY['tsq'::text, 'compensate'::text, 'fail'::text]))),
  constraint "purpose is known" CHECK ((purpose = ANY (ARRAY['step'::text, 'compensation'::text, 'standalone'::text, 'chunk'::text, 'job'::text])))
) with (fillfactor=65, autovacuum_vacuum_scale_factor=0.1, autovacuum_analyze_scale_factor=0.1);

create table faultline.domain (
  domain text not null,
  paused_at timestamp with time zone,
  paused_by text,
  pause_reason text,
  max_in_flight integer,
  updated_at timestamp with time zone default now() not null,
  constraint domain_pkey PRIMARY KEY (domain),
  constraint "max_in_flight is 1 to 100000" CHECK (((max_in_flight >= 1) AND (max_in_flight <= 100000)))
);

create table faultline.event (
  event_id bigint generated always as identity not null,
  lane smallint not null,
  at timestamp with time zone default now() not null,
  type text not null,
  command_id uuid,
  process_id uuid,
  batch_id uuid,
  attempt integer,
  actor text,
  reason text,
  details jsonb,
  constraint event_pkey PRIMARY KEY (event_id, lane)
);

create table faultline.idempotency_key (
  key text not null,
  request_hash text not null,
  batch_id uuid not null,
  created_at timestamp with time zone default now() not null,
  constraint idempotency_key_pkey PRIMARY KEY (key)
);

create table faultline.job (
  job_id uuid not null,
  verb text not null,
  filter jsonb not null,
  reason text,
  actor text not null,
  result jsonb,
  status text not null,
  total_count integer not null,
  done_count integer default 0 not null,
  failed_count integer default 0 not null,
  began_at timestamp with time zone default now() not null,
  completed_at timestamp with time zone,
  aborted_by text,
  constraint job_pkey PRIMARY KEY (job_id),
  constraint "counts are never negative" CHECK ((LEAST(total_count, done_count, failed_count) >= 0)),
  constraint "job status is known" CHECK ((status = ANY (ARRAY['RUNNING'::text, 'COMPLETED'::text, 'ABORTED'::text]))),
  constraint "verb is known" CHECK ((verb = ANY (ARRAY['retry'::text, 'cancel'::text, 'complete'::text])))
);

create table faultline.job_failure (
  job_id uuid not null,
  item_id uuid not null,
  error_code text not null,
  error_message text not null,
  at timestamp with time zone default now() not null,
  constraint job_failure_pkey PRIMARY KEY (job_id, item_id),
  constraint job_failure_job_id_fkey FOREIGN KEY (job_id) REFERENCES faultline.job(job_id) ON DELETE CASCADE
);

create table faultline.job_slice (
  job_id uuid not null,
  slice_no integer not null,
  lane smallint not null,
  item_ids uuid[] not null,
  constraint job_slice_pkey PRIMARY KEY (job_id, slice_no),
  constraint job_slice_job_id_fkey FOREIGN KEY (job_id) REFERENCES faultline.job(job_id) ON DELETE CASCADE
);

create table faultline.migration (
  name text not null,
  checksum text not null,
  applied_at timestamp with time zone default now() not null,
  constraint migration_pkey PRIMARY KEY (name)
);

create table faultline.process (
  process_id uuid not null,
  lane smallint not null,
  batch_id uuid,
  ordinal integer not null,
  process_type text not null,
  version integer not null,
  domain text not null,
  status text not null,
  current_step text,
  awaiting_command_id uuid,
  state jsonb not null,
  path text[] not null,
  command_ids uuid[] not null,
  undo smallint,
  ending text,
  error_code text,
  error_message text,
  deadline_ms integer,
  deadline_at timestamp with time zone,
  on_deadline text,
  keep_effects boolean default false not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  parked_at timestamp with time zone,
  completed_at timestamp with time zone,
  constraint process_pkey PRIMARY KEY (process_id, lane),
  constraint process_batch_id_ordinal_lane_key UNIQUE (batch_id, ordinal, lane),
  constraint "deadline_ms is positive" CHECK ((deadline_ms > 0)),
  constraint "on_deadline is known" CHECK ((on_deadline = ANY (ARRAY['tsq'::text, 'compensate'::text, 'fail'::text]))),
  constraint "process status is known" CHECK ((status = ANY (ARRAY['WAITING_FOR_REPLY'::text, 'WAITING_FOR_TSQ'::text, 'COMPENSATING'::text, 'COMPLETED'::text, 'COMPENSATED'::text, 'FAILED'::text, 'CANCELED'::text])))
) with (fillfactor=60, autovacuum_vacuum_scale_factor=0.1, autovacuum_analyze_scale_factor=0.1);

create table faultline.profile (
  profile_id uuid not null,
  name text not null,
  description text,
  process_type text,
  behavior jsonb not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint profile_pkey PRIMARY KEY (profile_id),
  constraint profile_name_key UNIQUE (name)
);

create table faultline.reply (
  reply_id uuid not null,
  lane smallint not null,
  queue text not null,
  command_id uuid,
  process_id uuid,
  correlation_id uuid,
  batch_id uuid,
  outcome text not null,
  result jsonb,
  error_code text,
  error_message text,
  note text,
  keep_effects boolean default false not null,
  created_at timestamp with time zone default now() not null,
  constraint reply_pkey PRIMARY KEY (reply_id, lane),
  constraint "reply outcome is known" CHECK ((outcome = ANY (ARRAY['SUCCESS'::text, 'FAILED'::text, 'CANCELED'::text])))
);

create table faultline.setting (
  key text not null,
  value jsonb not null,
  updated_at timestamp with time zone default now() not null,
  constraint setting_pkey PRIMARY KEY (key)
);

create table faultline.verdict (
  batch_id uuid not null,
  verdict text not null,
  checks jsonb not null,
  fingerprint text not null,
  computed_at timestamp with time zone default now() not null,
  duration_ms integer not null,
  constraint verdict_pkey PRIMARY KEY (batch_id),
  constraint verdict_batch_id_fkey FOREIGN KEY (batch_id) REFERENCES faultline.batch(batch_id) ON DELETE CASCADE,
  constraint "verdict is pass or fail" CHECK ((verdict = ANY (ARRAY['pass'::text, 'fail'::text])))
);

create table faultline.worker (
  worker_id uuid not null,
  name text not null,
  pid integer not null,
  domains text[] not null,
  slots integer not null,
  in_flight integer default 0 not null,
  hanging integer default 0 not null,
  settled_count bigint default 0 not null,
  settled_per_second real default 0 not null,
  by_domain jsonb default '{}'::jsonb not null,
  status text not null,
  health text default 'HEALTHY'::text not null,
  health_reason text,
  rss_bytes bigint,
  loop_delay_ms real,
  started_at timestamp with time zone default now() not null,
  heartbeat_at timestamp with time zone default now() not null,
  constraint worker_pkey PRIMARY KEY (worker_id),
  constraint "health is known" CHECK ((health = ANY (ARRAY['HEALTHY'::text, 'DEGRADED'::text, 'CRITICAL'::text]))),
  constraint "worker status is known" CHECK ((status = ANY (ARRAY['RUNNING'::text, 'DRAINING'::text, 'STOPPED'::text])))
);

CREATE INDEX attempt_ended ON faultline.attempt USING brin (ended_at) WITH (pages_per_range='16', autosummarize='on');

CREATE INDEX batch_open ON faultline.batch USING btree (batch_id) WHERE (status <> ALL (ARRAY['COMPLETED'::text, 'COMPLETED_WITH_FAILURES'::text, 'CANCELED'::text]));

CREATE INDEX command_batch_status ON faultline.command USING btree (batch_id, status, command_id) WHERE ((purpose = 'standalone'::text) AND (batch_id IS NOT NULL));

CREATE INDEX command_deadline ON faultline.command USING btree (deadline_at) WHERE ((deadline_at IS NOT NULL) AND (status = ANY (ARRAY['PENDING'::text, 'IN_PROGRESS'::text])));

CREATE INDEX command_internal ON faultline.command USING btree (batch_id, created_at, command_id) WHERE (purpose = ANY (ARRAY['chunk'::text, 'job'::text]));

CREATE INDEX command_leased ON faultline.command USING btree (lease_expires_at) WHERE (status = 'IN_PROGRESS'::text);

CREATE INDEX command_parked ON faultline.command USING btree (parked_at, command_id) WHERE (status = 'IN_TROUBLESHOOTING_QUEUE'::text);

CREATE INDEX command_ready ON faultline.command USING btree (domain, priority, available_at) WHERE (status = 'PENDING'::text);

CREATE INDEX command_standalone ON faultline.command USING btree (created_at, command_id) WHERE (purpose = 'standalone'::text);

CREATE INDEX command_standalone_status ON faultline.command USING btree (status, created_at, command_id) WHERE (purpose = 'standalone'::text);

CREATE INDEX event_at ON faultline.event USING brin (at);

CREATE INDEX event_batch ON faultline.event USING btree (batch_id) WHERE (batch_id IS NOT NULL);

CREATE INDEX event_command ON faultline.event USING btree (command_id) WHERE (command_id IS NOT NULL);

CREATE INDEX event_process ON faultline.event USING btree (process_id) WHERE (process_id IS NOT NULL);

CREATE INDEX event_system ON faultline.event USING btree (at) WHERE ((command_id IS NULL) AND (process_id IS NULL));

CREATE INDEX event_turbulence ON faultline.event USING btree (batch_id, ((details ->> 'kind'::text)), event_id) WHERE (type = 'TURBULENCE'::text);

CREATE INDEX idempotency_key_created ON faultline.idempotency_key USING btree (created_at);

CREATE INDEX job_began ON faultline.job USING btree (began_at, job_id);

CREATE INDEX process_advance_failed ON faultline.process USING btree (parked_at, process_id) WHERE ((status = 'WAITING_FOR_TSQ'::text) AND (error_code = 'ADVANCE_FAILED'::text));

CREATE INDEX process_batch_status ON faultline.process USING btree (batch_id, status);

CREATE INDEX process_deadline ON faultline.process USING btree (deadline_at) WHERE ((deadline_at IS NOT NULL) AND (status = 'WAITING_FOR_REPLY'::text));

CREATE INDEX reply_batch ON faultline.reply USING btree (batch_id, queue) WHERE (batch_id IS NOT NULL);

CREATE INDEX reply_command ON faultline.reply USING btree (command_id) WHERE (command_id IS NOT NULL);

CREATE INDEX reply_kept ON faultline.reply USING btree (reply_id) WHERE (process_id IS NOT NULL);

CREATE INDEX reply_queue ON faultline.reply USING btree (queue, reply_id);

create view faultline.attempt_event as
 SELECT e.at,
    a.attempt,
    e.rank,
    e.type,
    a.command_id,
    a.process_id,
    a.batch_id,
    a.lane,
    a.step,
        CASE
            WHEN e.rank > 10 THEN a.fault
            ELSE NULL::text
        END AS fault,
        CASE e.rank
            WHEN 10 THEN jsonb_strip_nulls(jsonb_build_object('worker_id', a.worker_id))
            WHEN 20 THEN '{}'::jsonb
            WHEN 30 THEN jsonb_strip_nulls(jsonb_build_object('error_code', a.error_code, 'error_message', a.error_message))
            ELSE jsonb_strip_nulls(jsonb_build_object('retry_at', to_char((a.retry_at AT TIME ZONE 'utc'::text), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'::text), 'reason', a.reason, 'error_code', a.error_code, 'error_message', a.error_message))
        END AS details,
    0::bigint AS event_id,
    a.ended_at,
    a.purpose
   FROM faultline.attempt a
     CROSS JOIN LATERAL ( VALUES (a.started_at,10::smallint,'RECEIVED'::text), (a.started_at,20::smallint,
                CASE
                    WHEN a.fault IS NOT NULL THEN 'CHAOS_INJECTED'::text
                    ELSE NULL::text
                END), (a.ended_at,30::smallint,
                CASE a.outcome
                    WHEN 'success'::text THEN 'COMPLETED'::text
                    WHEN 'transient'::text THEN 'FAILED'::text
                    WHEN 'lease_expired'::text THEN 'LEASE_EXPIRED'::text
                    WHEN 'business_rule'::text THEN 'BUSINESS_RULE_FAILED'::text
                    WHEN 'released'::text THEN 'RELEASED'::text
                    ELSE NULL::text
                END), (a.ended_at,40::smallint,
                CASE a.effect
                    WHEN 'RETRY'::text THEN 'RETRY_SCHEDULED'::text
                    WHEN 'TSQ'::text THEN 'MOVED_TO_TSQ'::text
                    ELSE NULL::text
                END)) e(at, rank, type)
  WHERE e.type IS NOT NULL;

create view faultline.audit as
 SELECT command_event.at,
    command_event.attempt,
    command_event.rank,
    command_event.type,
    command_event.command_id,
    command_event.process_id,
    command_event.batch_id,
    command_event.lane,
    command_event.step,
    command_event.fault,
    command_event.details,
    command_event.event_id
   FROM faultline.command_event
UNION ALL
 SELECT attempt_event.at,
    attempt_event.attempt,
    attempt_event.rank,
    attempt_event.type,
    attempt_event.command_id,
    attempt_event.process_id,
    attempt_event.batch_id,
    attempt_event.lane,
    attempt_event.step,
    attempt_event.fault,
    attempt_event.details,
    attempt_event.event_id
   FROM faultline.attempt_event
UNION ALL
 SELECT process_event.at,
    process_event.attempt,
    process_event.rank,
    process_event.type,
    process_event.command_id,
    process_event.process_id,
    process_event.batch_id,
    process_event.lane,
    process_event.step,
    process_event.fault,
    process_event.details,
    process_event.event_id
   FROM faultline.process_event
UNION ALL
 SELECT recorded_event.at,
    recorded_event.attempt,
    recorded_event.rank,
    recorded_event.type,
    recorded_event.command_id,
    recorded_event.process_id,
    recorded_event.batch_id,
    recorded_event.lane,
    recorded_event.step,
    recorded_event.fault,
    recorded_event.details,
    recorded_event.event_id
   FROM faultline.recorded_event;

create view faultline.command_event as
 SELECT e.at,
    e.attempt,
    e.rank,
    e.type,
    c.command_id,
    c.process_id,
    c.batch_id,
    c.lane,
    c.step,
        CASE e.rank
            WHEN 20 THEN c.fault
            ELSE NULL::text
        END AS fault,
        CASE e.rank
            WHEN 80 THEN jsonb_strip_nulls(jsonb_build_object('domain', c.domain, 'type', c.type, 'purpose', c.purpose, 'correlation_id', c.correlation_id, 'reply_to', c.reply_to, 'max_attempts', c.max_attempts, 'lease_ms', c.lease_ms))
            WHEN 10 THEN jsonb_strip_nulls(jsonb_build_object('worker_id', c.worker_id))
            ELSE '{}'::jsonb
        END AS details,
    0::bigint AS event_id
   FROM faultline.command c
     CROSS JOIN LATERAL ( VALUES (c.created_at,NULL::integer,80::smallint,'SENT'::text), (c.attempt_started_at,c.attempts,10::smallint,
                CASE
                    WHEN c.status = 'IN_PROGRESS'::text THEN 'RECEIVED'::text
                    ELSE NULL::text
                END), (c.attempt_started_at,c.attempts,20::smallint,
                CASE
                    WHEN c.status = 'IN_PROGRESS'::text AND c.fault IS NOT NULL THEN 'CHAOS_INJECTED'::text
                    ELSE NULL::text
                END)) e(at, attempt, rank, type)
  WHERE e.type IS NOT NULL;

create view faultline.process_audit as
 SELECT p.process_id AS of_process_id,
    p.batch_id AS of_batch_id,
    p.ordinal AS of_ordinal,
    e.at,
    e.attempt,
    e.rank,
    e.type,
    e.command_id,
    e.process_id,
    e.batch_id,
    e.lane,
    e.step,
    e.fault,
    e.details,
    e.event_id
   FROM faultline.process p
     CROSS JOIN LATERAL unnest(p.command_ids) i(command_id)
     JOIN faultline.command_event e ON e.command_id = i.command_id AND e.lane = p.lane
UNION ALL
 SELECT p.process_id AS of_process_id,
    p.batch_id AS of_batch_id,
    p.ordinal AS of_ordinal,
    e.at,
    e.attempt,
    e.rank,
    e.type,
    e.command_id,
    e.process_id,
    e.batch_id,
    e.lane,
    e.step,
    e.fault,
    e.details,
    e.event_id
   FROM faultline.process p
     CROSS JOIN LATERAL unnest(p.command_ids) i(command_id)
     JOIN faultline.attempt_event e ON e.command_id = i.command_id AND e.lane = p.lane
UNION ALL
 SELECT p.process_id AS of_process_id,
    p.batch_id AS of_batch_id,
    p.ordinal AS of_ordinal,
    e.at,
    e.attempt,
    e.rank,
    e.type,
    e.command_id,
    e.process_id,
    e.batch_id,
    e.lane,
    e.step,
    e.fault,
    e.details,
    e.event_id
   FROM faultline.process p
     JOIN faultline.process_event e ON e.process_id = p.process_id AND e.lane = p.lane
UNION ALL
 SELECT p.process_id AS of_process_id,
    p.batch_id AS of_batch_id,
    p.ordinal AS of_ordinal,
    e.at,
    e.attempt,
    e.rank,
    e.type,
    e.command_id,
    e.process_id,
    e.batch_id,
    e.lane,
    e.step,
    e.fault,
    e.details,
    e.event_id
   FROM faultline.process p
     JOIN faultline.recorded_event e ON e.process_id = p.process_id;

create view faultline.process_event as
 SELECT e.at,
    NULL::integer AS attempt,
    e.rank,
    e.type,
    NULL::uuid AS command_id,
    p.process_id,
    p.batch_id,
    p.lane,
    NULL::text AS step,
    NULL::text AS fault,
        CASE e.rank
            WHEN 70 THEN jsonb_build_object('process_type', p.process_type, 'version', p.version, 'ordinal', p.ordinal)
            ELSE jsonb_strip_nulls(jsonb_build_object('status', p.status, 'error_code', p.error_code, 'error_message', p.error_message))
        END AS details,
    0::bigint AS event_id
   FROM faultline.process p
     CROSS JOIN LATERAL ( VALUES (p.created_at,70::smallint,'PROCESS_STARTED'::text), (p.completed_at,90::smallint,'PROCESS_ENDED'::text)) e(at, rank, type)
  WHERE e.at IS NOT NULL;

create view faultline.process_step as
 SELECT p.process_id,
    p.batch_id,
    p.ordinal,
    i."position"::integer AS "position",
    c.command_id,
    c.lane,
    c.step,
    c.purpose,
    c.type,
    c.status,
    c.attempts,
    c.payload,
    c.result,
    c.error_code,
    c.error_message,
    c.created_at AS sent_at,
        CASE
            WHEN c.status = ANY (ARRAY['COMPLETED'::text, 'FAILED'::text, 'CANCELED'::text]) THEN c.settled_at
            ELSE NULL::timestamp with time zone
        END AS settled_at
   FROM faultline.process p
     CROSS JOIN LATERAL unnest(p.command_ids) WITH ORDINALITY i(command_id, "position")
     JOIN faultline.command c ON c.command_id = i.command_id AND c.lane = p.lane;

create view faultline.recorded_event as
 SELECT at,
    attempt,
        CASE
            WHEN type = 'LATE_RESULT_DISCARDED'::text THEN 50
            WHEN type ~~ 'OPERATOR\_%'::text THEN 60
            WHEN type ~~ 'BATCH\_%'::text THEN 95
            WHEN type = 'PROCESS_COMPENSATING'::text THEN 72
            ELSE 65
        END::smallint AS rank,
    type,
    command_id,
    process_id,
    batch_id,
    lane,
    NULL::text AS step,
    NULL::text AS fault,
    COALESCE(details, '{}'::jsonb) || jsonb_strip_nulls(jsonb_build_object('actor', actor, 'reason', reason)) AS details,
    event_id
   FROM faultline.event v;
