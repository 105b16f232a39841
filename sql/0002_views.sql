-- What is derivable is not written: the audit and the step records are views over command, attempt, process and event.
-- Every view keeps the key columns of its tables as they are, so that a filter or a join by key becomes a key lookup.
--
-- Order of an audit: (at, attempt, rank). What belongs to no attempt has none, and nulls sort last: at one instant, and one
-- transaction has one instant, what an attempt came to stands before what followed from it. `event_id` is 0 where nothing was
-- written; with it (at, attempt, rank, command_id, process_id, batch_id, event_id) is unique.

-- From the command itself: that it was sent, and the attempt under way, which has no row of its own yet.
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

-- From ended attempts. `ended_at` stands beside `at` for windows of time: it is what attempt_ended indexes.
-- Details are built outside of the values, for the events there are: built inside, they were two thirds of an audit's time.
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

-- What the bus wrote down because no row shows it.
create view faultline.recorded_event as
select v.at, v.attempt,
  (case when v.type = 'LATE_RESULT_DISCARDED' then 50 when v.type like 'OPERATOR\_%' then 60
    when v.type like 'BATCH\_%' then 95 when v.type = 'PROCESS_COMPENSATING' then 72 else 65 end)::smallint as rank,
  v.type, v.command_id, v.process_id, v.batch_id, v.lane, null::text as step, null::text as fault,
  coalesce(v.details, '{}') || jsonb_strip_nulls(jsonb_build_object('actor', v.actor, 'reason', v.reason)) as details, v.event_id
from faultline.event v;

-- The whole audit. Filter it by command_id; for a process or a batch use process_audit, because commands have no index by process.
create view faultline.audit as
select at, attempt, rank, type, command_id, process_id, batch_id, lane, step, fault, details, event_id from faultline.command_event
union all
select at, attempt, rank, type, command_id, process_id, batch_id, lane, step, fault, details, event_id from faultline.attempt_event
union all
select at, attempt, rank, type, command_id, process_id, batch_id, lane, step, fault, details, event_id from faultline.process_event
union all
select at, attempt, rank, type, command_id, process_id, batch_id, lane, step, fault, details, event_id from faultline.recorded_event;

-- The audit of processes: `of_process_id`, or `of_batch_id` and `of_ordinal`, say which.
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
