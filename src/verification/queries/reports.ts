// Statements of a batch's report: latencies, recoveries, stops and operator verbs.
// All in the caller's snapshot; each passes once over the attempts of the batch.

import type { Queryable } from '../../db/pool.ts';
import type { ProcessStatus } from '../../model/process.ts';
import type { EndedAttempt, Span } from '../failures.ts';

/**
 * From the creation of the batch to its end, or to now: the index attempt_ended keeps other batches out of the pass.
 */
export interface ReportSpan {
  from: Date;
  to: Date;
}

/** Durations in ms of the successful attempts of a step, over all visits. */
export interface StepLatency {
  step: string;
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

export async function readStepLatencies(db: Queryable, batch_id: string, span: ReportSpan): Promise<StepLatency[]> {
  const { rows } = await db.query<StepLatency & Record<string, unknown>>(
    `select t.step, t.at[1] as p50, t.at[2] as p95, t.at[3] as p99, t.at[4] as max
     from (
       select split_part(a.step, '#', 1) as step, percentile_cont(array[0.5, 0.95, 0.99, 1]) within group (
           order by extract(epoch from a.ended_at - a.started_at)::float8 * 1000) as at
       from faultline.attempt a
       where a.batch_id = $1 and a.ended_at >= $2::timestamptz and a.ended_at <= $3::timestamptz
         and a.purpose = 'step' and a.outcome = 'success'
       group by 1) t`,
    [batch_id, span.from, span.to],
  );
  return rows;
}

export interface Recovery {
  at: Date;
  kind: string;
  details: Record<string, unknown>;
  /** Time until an attempt of the batch that began afterwards succeeded; null when none did. */
  recovery_ms: number | null;
}

/**
 * Turbulence, oldest first. Attempts under way when it is written may still succeed before it takes effect, so only
 * those that began afterwards count. Turbulence and successes are sorted descending; the next success is the smallest
 * end seen so far.
 */
export async function readRecoveries(db: Queryable, batch_id: string, span: ReportSpan): Promise<Recovery[]> {
  const { rows } = await db.query<Recovery & Record<string, unknown>>(
    `with happened as materialized (
       select e.event_id, e.at, e.details from faultline.event e where e.batch_id = $1 and e.type = 'TURBULENCE'
     ),
     both_kinds as (
       select h.event_id, h.at, h.details, null::timestamptz as success_at from happened h
       union all
       select null, a.started_at, null, a.ended_at from faultline.attempt a
       where a.batch_id = $1 and a.ended_at >= (select min(at) from happened) and a.ended_at <= $2::timestamptz
         and a.outcome = 'success' and a.purpose in ('step', 'compensation')
     ),
     followed as (
       select b.*, min(b.success_at) over (
         order by b.at desc, b.event_id desc nulls last rows between unbounded preceding and current row) as next_at
       from both_kinds b
     )
     select f.at, coalesce(f.details ->> 'kind', 'unknown') as kind, coalesce(f.details, '{}') - 'kind' as details,
       extract(epoch from f.next_at - f.at)::float8 * 1000 as recovery_ms
     from followed f where f.event_id is not null order by f.event_id`,
    [batch_id, span.to],
  );
  return rows;
}

export interface Stop {
  at: Date;
  type: string;
  details: Record<string, unknown>;
}

/** The stops of chaos in a batch, or everywhere while it was open, oldest first, with actor and reason. */
export async function readStops(db: Queryable, batch_id: string, span: ReportSpan): Promise<Stop[]> {
  const { rows } = await db.query<Stop & Record<string, unknown>>(
    `select e.at, e.type, coalesce(e.details, '{}') || jsonb_strip_nulls(
       jsonb_build_object('actor', e.actor, 'reason', e.reason)) as details
     from (
       select * from faultline.event where batch_id = $1 and type in ('STOP_CONDITION_MET', 'INJECTION_STOPPED')
       union all
       select * from faultline.event
       where at >= $2::timestamptz and at <= $3::timestamptz and type in ('CHAOS_STOPPED', 'CHAOS_RESUMED')) e
     order by e.event_id`,
    [batch_id, span.from, span.to],
  );
  return rows;
}

/** How often operators retried, cancelled or completed commands of a batch. */
export async function countOperatorVerbs(db: Queryable, batch_id: string): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `select count(*)::int as count from faultline.event
     where batch_id = $1 and type in ('OPERATOR_RETRY', 'OPERATOR_CANCEL', 'OPERATOR_COMPLETE')`,
    [batch_id],
  );
  return rows[0]?.count ?? 0;
}

export async function countByStatus(
  db: Queryable,
  batch_id: string,
): Promise<{ status: ProcessStatus; count: number }[]> {
  const { rows } = await db.query<{ status: ProcessStatus; count: number }>(
    `select status, count(*)::int as count from faultline.process where batch_id = $1 group by status`,
    [batch_id],
  );
  return rows;
}

/** Attempts of a step that failed alike. */
export interface FailureTally extends EndedAttempt {
  step: string;
  count: number;
}

/**
 * Failed attempts of steps, visits together, without those that ran during `turbulence`. Which are real failures the
 * caller decides.
 */
export async function tallyFailures(
  db: Queryable,
  batch_id: string,
  { from, to }: ReportSpan,
  turbulence: readonly Span[],
): Promise<FailureTally[]> {
  const ms = (moment: string) => `(extract(epoch from ${moment}) * 1000)::bigint`;
  const { rows } = await db.query<FailureTally & Record<string, unknown>>(
    `select split_part(a.step, '#', 1) as step, a.outcome, a.fault, a.reason,
       case when a.error_code = 'NO_HANDLER' then a.error_code end as error_code, count(*)::int as count
     from faultline.attempt a
     where a.batch_id = $1 and a.ended_at >= $2::timestamptz and a.ended_at <= $3::timestamptz and a.purpose = 'step'
       and a.outcome not in ('success', 'business_rule') and (a.fault is null or a.reason = 'RESULT_NOT_STORABLE')
       and not exists (
         select from unnest($4::bigint[], $5::bigint[]) as d(from_ms, to_ms)
         where ${ms('a.started_at')} <= d.to_ms and ${ms('a.ended_at')} >= d.from_ms)
     group by 1, 2, 3, 4, 5`,
    [batch_id, from, to, turbulence.map(({ from_ms }) => from_ms), turbulence.map(({ to_ms }) => to_ms)],
  );
  return rows;
}
