// The guard of stop conditions: looks at open batches that have some, and ends injection into a batch that went further than it may.
// One at a time over all processes, by advisory lock; a condition fires once, within 2 s of becoming true while any worker runs.

import type { DatabaseHealth } from '../bus/database-health.ts';
import { type Pool, type Tx, withTx } from '../db/pool.ts';
import { insertEvents } from '../db/queries/events.ts';
import type { Env } from '../model/env.ts';
import { PeriodicTask } from '../model/periodic.ts';
import type { StopCondition, StopMetric } from './experiment.ts';
import { stopInjectionIfOn } from './queries/lab-control.ts';
import * as statements from './queries/stop-conditions.ts';

const EVERY_MS = 500;
/** A batch is looked at no more often than ten times as long as its last look took. */
const LOOK_SHARE = 10;
/** `error_pct` is of the attempts of so long, and of at least so many. */
const ERRORS_WITHIN_MS = 10_000;
const ERRORS_OF_ATTEMPTS = 20;

export interface GuardContext {
  /** An ordinary pool, not the bus's: attempts are found by time, which keyed plans do badly. */
  pool: Pool;
  env: Pick<Env, 'after' | 'monotonicMs'>;
  databaseHealth: Pick<DatabaseHealth, 'reportError'>;
}

/** How each metric is measured; null: there is nothing to verify by. */
const METRICS: Record<StopMetric, (tx: Tx, batch: statements.GuardedBatch) => Promise<number | null>> = {
  in_troubleshooting: (tx, { batch_id }) => statements.countInTroubleshooting(tx, batch_id),
  error_pct: async (tx, { batch_id }) => errorPct(await statements.tallyLastAttempts(tx, batch_id, ERRORS_WITHIN_MS)),
  backlog_age_ms: (tx, { batch_id, domain }) => statements.readBacklogAgeMs(tx, batch_id, domain),
};

/** Percent to two digits; null when too few attempts ended to tell. Pure. */
export function errorPct({ attempts, failed }: { attempts: number; failed: number }): number | null {
  return attempts < ERRORS_OF_ATTEMPTS ? null : Math.round((failed / attempts) * 10_000) / 100;
}

export function createGuard({ pool, env, databaseHealth }: GuardContext): PeriodicTask {
  const lookAgainAt = new Map<string, number>();

  const lookPaced = async (tx: Tx, batch: statements.GuardedBatch) => {
    const began_ms = env.monotonicMs();
    await look(tx, batch);
    lookAgainAt.set(batch.batch_id, began_ms + (env.monotonicMs() - began_ms) * LOOK_SHARE);
  };

  const round = async () => {
    const batches = await statements.readGuardedBatches(pool);
    if (batches.some(watchesErrors)) await statements.summarizeAttempts(pool);
    for (const batch of batches) {
      if ((lookAgainAt.get(batch.batch_id) ?? 0) > env.monotonicMs()) continue;
      await withTx(pool, async (tx) => void ((await statements.tryGuardLock(tx)) && (await lookPaced(tx, batch))));
    }
    for (const batch_id of lookAgainAt.keys())
      if (!batches.some((batch) => batch.batch_id === batch_id)) lookAgainAt.delete(batch_id);
  };

  return new PeriodicTask(
    { env, databaseHealth },
    { every_ms: EVERY_MS, run: round, failure: 'looking at stop conditions failed, trying again' },
  );
}

function watchesErrors({ stop_conditions, conditions_met }: statements.GuardedBatch): boolean {
  return stop_conditions.some(({ metric }, place) => metric === 'error_pct' && !conditions_met.includes(place));
}

async function look(tx: Tx, batch: statements.GuardedBatch): Promise<void> {
  const measured = new Map<StopMetric, number | null>();
  for (const [place, condition] of (batch.stop_conditions as StopCondition[]).entries()) {
    if (batch.conditions_met.includes(place)) continue;
    const { metric, above } = condition;
    if (!measured.has(metric)) measured.set(metric, await METRICS[metric](tx, batch));
    const value = measured.get(metric) ?? null;
    if (value !== null && value > above) await fire(tx, batch.batch_id, place, condition, value);
  }
}

async function fire(tx: Tx, batch_id: string, place: number, condition: StopCondition, value: number): Promise<void> {
  const { metric, above, action = 'abort' } = condition;
  if (!(await statements.markConditionMetIfFirst(tx, batch_id, place))) return;
  await insertEvents(tx, 0, [{ type: 'STOP_CONDITION_MET', batch_id, details: { metric, above, value, action } }]);
  if (action !== 'abort' || (await stopInjectionIfOn(tx, batch_id)) === null) return;
  await insertEvents(tx, 0, [
    { type: 'INJECTION_STOPPED', batch_id, reason: `${metric} was ${value}, above ${above}` },
  ]);
}
