// The guard of stop conditions: measures open batches that have some, and stops injection into a batch that meets one.
// An advisory lock admits one guard at a time. If a worker runs, a condition is met within 2 s, and only once.

import type { DatabaseHealth } from '../bus/database-health.ts';
import { type Pool, type Tx, withTx } from '../db/pool.ts';
import { insertEvents } from '../db/queries/events.ts';
import type { Env } from '../model/env.ts';
import { PeriodicTask } from '../model/periodic.ts';
import type { StopCondition, StopMetric } from './experiment.ts';
import { stopInjectionIfRunning } from './queries/lab-control.ts';
import * as statements from './queries/stop-conditions.ts';

const EVERY_MS = 500;
/** Measuring a batch takes at most 10 % of the time. */
const PAUSE_FACTOR = 10;
/** `error_pct` covers the attempts of this time span, and needs this many. */
const ERRORS_WITHIN_MS = 10_000;
const MIN_ATTEMPTS = 20;

export interface GuardContext {
  /** Not the pool of the bus: its keyed plans are slow at finding attempts by time. */
  pool: Pool;
  env: Pick<Env, 'after' | 'monotonicMs'>;
  databaseHealth: Pick<DatabaseHealth, 'reportError'>;
}

/** How each metric is measured; null if there is too little to measure. */
const METRICS: Record<StopMetric, (tx: Tx, batch: statements.GuardedBatch) => Promise<number | null>> = {
  in_troubleshooting: (tx, { batch_id }) => statements.countInTroubleshooting(tx, batch_id),
  error_pct: async (tx, { batch_id }) => errorPct(await statements.tallyLastAttempts(tx, batch_id, ERRORS_WITHIN_MS)),
  backlog_age_ms: (tx, { batch_id, domain }) => statements.readBacklogAgeMs(tx, batch_id, domain),
};

/** Percent with two digits; null if too few attempts ended. Pure. */
export function errorPct({ attempts, failed }: { attempts: number; failed: number }): number | null {
  return attempts < MIN_ATTEMPTS ? null : Math.round((failed / attempts) * 10_000) / 100;
}

export function createGuard({ pool, env, databaseHealth }: GuardContext): PeriodicTask {
  const measureAgainAt = new Map<string, number>();

  const measureThrottled = async (tx: Tx, batch: statements.GuardedBatch) => {
    const began_ms = env.monotonicMs();
    await measure(tx, batch);
    measureAgainAt.set(batch.batch_id, began_ms + (env.monotonicMs() - began_ms) * PAUSE_FACTOR);
  };

  const round = async () => {
    const batches = await statements.readGuardedBatches(pool);
    if (batches.some(watchesErrors)) await statements.summarizeAttempts(pool);
    for (const batch of batches) {
      if ((measureAgainAt.get(batch.batch_id) ?? 0) > env.monotonicMs()) continue;
      await withTx(
        pool,
        async (tx) => void ((await statements.tryGuardLock(tx)) && (await measureThrottled(tx, batch))),
      );
    }
    for (const batch_id of measureAgainAt.keys())
      if (!batches.some((batch) => batch.batch_id === batch_id)) measureAgainAt.delete(batch_id);
  };

  return new PeriodicTask(
    { env, databaseHealth },
    { every_ms: EVERY_MS, run: round, failure: 'checking stop conditions failed, trying again' },
  );
}

function watchesErrors({ stop_conditions, conditions_met }: statements.GuardedBatch): boolean {
  return stop_conditions.some(({ metric }, index) => metric === 'error_pct' && !conditions_met.includes(index));
}

async function measure(tx: Tx, batch: statements.GuardedBatch): Promise<void> {
  const measured = new Map<StopMetric, number | null>();
  for (const [index, condition] of batch.stop_conditions.entries()) {
    if (batch.conditions_met.includes(index)) continue;
    const { metric, above } = condition;
    if (!measured.has(metric)) measured.set(metric, await METRICS[metric](tx, batch));
    const value = measured.get(metric) ?? null;
    if (value !== null && value > above) await fire(tx, batch.batch_id, index, condition, value);
  }
}

async function fire(tx: Tx, batch_id: string, index: number, condition: StopCondition, value: number): Promise<void> {
  const { metric, above, action } = condition;
  if (!(await statements.markConditionMetIfFirst(tx, batch_id, index))) return;
  await insertEvents(tx, 0, [{ type: 'STOP_CONDITION_MET', batch_id, details: { metric, above, value, action } }]);
  if (action !== 'abort' || (await stopInjectionIfRunning(tx, batch_id)) === null) return;
  await insertEvents(tx, 0, [
    { type: 'INJECTION_STOPPED', batch_id, reason: `${metric} was ${value}, above ${above}` },
  ]);
}
