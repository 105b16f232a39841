// Statements of stop conditions: the open batches that have unmet ones, the metrics, and the record that one was met.
// The cost of a measurement depends on the work in progress, not on the size of the batch. A condition is met once.

import type { Queryable, Tx } from '../../db/pool.ts';
import { changed, count, many, one } from '../../db/rows.ts';
import { ENDED_BATCH } from '../../db/statuses.ts';
import type { StopCondition } from '../experiment.ts';

const GUARD_LOCK = 4_702_111_234_474_985;

/** True for one transaction at a time, over all processes. */
export async function tryGuardLock(tx: Tx): Promise<boolean> {
  const text = 'select pg_try_advisory_xact_lock($1) as locked';
  return (await one<{ locked: boolean }>(tx, text, [GUARD_LOCK]))?.locked ?? false;
}

export interface GuardedBatch {
  batch_id: string;
  domain: string;
  stop_conditions: StopCondition[];
  /** The indexes in `stop_conditions` of those that were met. */
  conditions_met: number[];
}

/** Open batches with an unmet stop condition, except those at rest for more than a minute, which do not change. */
export function readGuardedBatches(db: Queryable) {
  return many<GuardedBatch>(
    db,
    `select b.batch_id, b.domain, b.experiment -> 'stop_conditions' as stop_conditions, b.conditions_met
     from faultline.batch b
     where b.status not in ${ENDED_BATCH} and b.kind = 'process'
       and jsonb_array_length(b.experiment -> 'stop_conditions') > cardinality(b.conditions_met)
       and (b.status <> 'AT_REST' or b.rested_at > now() - interval '1 minute')
     order by b.batch_id`,
  );
}

/** Processes of a batch that wait for an operator, from the index process_batch_status. */
export function countInTroubleshooting(db: Queryable, batch_id: string) {
  return count(
    db,
    `select count(*)::int as count from faultline.process p where p.batch_id = $1 and p.status = 'WAITING_FOR_TSQ'`,
    [batch_id],
  );
}

/** Another session has the lock, or another role owns the tables: autovacuum summarizes them. */
const IGNORED_STATES = new Set(['55P03', '42501']);

/**
 * Summarizes new attempts in the index attempt_ended: 2 ms for 5,000 rows. Autovacuum does it within a minute, and
 * until then every new row is scanned. Does not wait for a concurrent summarization or vacuum.
 */
export async function summarizeAttempts(db: Queryable): Promise<void> {
  try {
    await db.query(
      `select set_config('lock_timeout', '20ms', true), brin_summarize_new_values('faultline.attempt_ended')`,
    );
  } catch (error) {
    if (!IGNORED_STATES.has(String((error as { code?: unknown }).code))) throw error;
  }
}

/**
 * Recent attempts of a batch's steps and compensations, except released ones.
 * On stale statistics the planner scans the whole table: 430 ms for 100,000 of 1,100,000 rows, 60 ms by attempt_ended.
 */
export async function tallyLastAttempts(tx: Tx, batch_id: string, within_ms: number) {
  await tx.query('set local enable_seqscan = off');
  const tally = await one<{ attempts: number; failed: number }>(
    tx,
    `select count(*)::int as attempts, count(*) filter (where a.outcome <> 'success')::int as failed
     from faultline.attempt a
     where a.ended_at > now() - $2::int * interval '1 millisecond' and a.batch_id = $1
       and a.purpose in ('step', 'compensation') and a.outcome <> 'released'`,
    [batch_id, within_ms],
  );
  return tally ?? { attempts: 0, failed: 0 };
}

/**
 * How long the oldest ready command of a batch has been ready, in ms; null if none is. The index command_ready returns
 * the oldest of each priority first, so it is scanned only as far as the first command of the batch.
 */
export async function readBacklogAgeMs(db: Queryable, batch_id: string, domain: string): Promise<number | null> {
  const oldest = await one<{ age_ms: number | null }>(
    db,
    `select round(extract(epoch from now() - min(o.available_at))::float8 * 1000) as age_ms
     from generate_series(0, 9) as p(priority)
       cross join lateral (
         select c.available_at from faultline.command c
         where c.domain = $2 and c.status = 'PENDING' and c.priority = p.priority and c.available_at <= now() and c.batch_id = $1
         order by c.available_at limit 1) o`,
    [batch_id, domain],
  );
  return oldest?.age_ms ?? null;
}

/** Records that the condition at this index was met; false if it was met before, or the batch has ended. */
export function markConditionMetIfFirst(tx: Tx, batch_id: string, index: number) {
  return changed(
    tx,
    `update faultline.batch b set conditions_met = array_append(b.conditions_met, $2::int)
     where b.batch_id = $1 and not ($2::int = any(b.conditions_met)) and b.status not in ${ENDED_BATCH}`,
    [batch_id, index],
  );
}
