// Statements of stop conditions: which open batches have some that were not met yet, what they are verified by, and that one was met.
// What is measured costs what is under way, never what a batch has behind it; a condition is met once, whoever looks.

import type { Queryable, Tx } from '../../db/pool.ts';
import { affected, count, many, one, only } from '../../db/rows.ts';

/** Any 64-bit number will do, as long as every Faultline takes the same one and nothing else takes it. */
const GUARD_LOCK = 4_702_111_234_474_985;

/** True for one transaction at a time, over all processes. */
export async function tryGuardLock(tx: Tx): Promise<boolean> {
  return (await only<{ locked: boolean }>(tx, 'select pg_try_advisory_xact_lock($1) as locked', [GUARD_LOCK])).locked;
}

export interface GuardedBatch {
  batch_id: string;
  domain: string;
  /** As they stand in its experiment. */
  stop_conditions: { metric: string; above: number; action?: string }[];
  /** Places in `stop_conditions` of those that were met. */
  conditions_met: number[];
}

/** Open batches with a stop condition that was not met yet. One that rests for a minute does not change any more. */
export function readGuardedBatches(db: Queryable) {
  return many<GuardedBatch>(
    db,
    `select b.batch_id, b.domain, b.experiment -> 'stop_conditions' as stop_conditions, b.conditions_met
     from faultline.batch b
     where b.status not in ('COMPLETED', 'COMPLETED_WITH_FAILURES', 'CANCELED') and b.kind = 'process'
       and jsonb_array_length(nullif(b.experiment -> 'stop_conditions', 'null')) > cardinality(b.conditions_met)
       and (b.status <> 'AT_REST' or b.rested_at > now() - interval '1 minute')
     order by b.batch_id`,
  );
}

/** Processes of a batch that wait for an operator now, from the index process_batch_status. */
export function countInTroubleshooting(db: Queryable, batch_id: string) {
  return count(
    db,
    `select count(*)::int as count from faultline.process p where p.batch_id = $1 and p.status = 'WAITING_FOR_TSQ'`,
    [batch_id],
  );
}

/** The lock is taken, or the tables are another role's: then it is autovacuum's to do. */
const PASSED_OVER = new Set(['55P03', '42501']);

/**
 * Brings attempt_ended up to what was appended: 2 ms for 5,000 rows. Autovacuum does it within a minute, and until then everything new is
 * read from end to end. Whoever summarises or vacuums just now is not waited for.
 */
export async function summarizeAttempts(db: Queryable): Promise<void> {
  try {
    await db.query(
      `select set_config('lock_timeout', '20ms', true), brin_summarize_new_values('faultline.attempt_ended')`,
    );
  } catch (error) {
    if (!PASSED_OVER.has(String((error as { code?: unknown }).code))) throw error;
  }
}

/**
 * Attempts of a batch's steps and compensations that ended lately; those a stopping worker gave back came to nothing and do not count.
 * On stale statistics the planner reads all of the table instead: 430 ms for 100,000 of 1,100,000 rows, 60 ms by attempt_ended.
 */
export async function tallyLastAttempts(
  tx: Tx,
  batch_id: string,
  within_ms: number,
): Promise<{ attempts: number; failed: number }> {
  await tx.query('set local enable_seqscan = off');
  const { rows } = await tx.query<{ attempts: number; failed: number }>(
    `select count(*)::int as attempts, count(*) filter (where a.outcome <> 'success')::int as failed
     from faultline.attempt a
     where a.ended_at > now() - $2::int * interval '1 millisecond' and a.batch_id = $1
       and a.purpose in ('step', 'compensation') and a.outcome <> 'released'`,
    [batch_id, within_ms],
  );
  return rows[0] ?? { attempts: 0, failed: 0 };
}

/**
 * How long the oldest command of a batch that is ready to be claimed has been so, in ms; null when none is. The index command_ready
 * gives the oldest of each priority first, so it is walked no further than to the batch's own.
 */
export async function readBacklogAgeMs(db: Queryable, batch_id: string, domain: string): Promise<number | null> {
  return (
    (
      await one<{ age_ms: number | null }>(
        db,
        `select round(extract(epoch from now() - min(o.available_at))::float8 * 1000) as age_ms
     from generate_series(0, 9) as p(priority)
       cross join lateral (
         select c.available_at from faultline.command c
         where c.domain = $2 and c.status = 'PENDING' and c.priority = p.priority and c.available_at <= now() and c.batch_id = $1
         order by c.available_at limit 1) o`,
        [batch_id, domain],
      )
    )?.age_ms ?? null
  );
}

/** Writes down that the condition at this place of the list was met; false when it was before, or the batch has ended. */
export async function markConditionMetIfFirst(tx: Tx, batch_id: string, place: number): Promise<boolean> {
  return (
    (await affected(
      tx,
      `update faultline.batch b set conditions_met = array_append(b.conditions_met, $2::int)
     where b.batch_id = $1 and not ($2::int = any(b.conditions_met))
       and b.status not in ('COMPLETED', 'COMPLETED_WITH_FAILURES', 'CANCELED')`,
      [batch_id, place],
    )) === 1
  );
}
