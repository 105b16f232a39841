// The kill switch: stops all injection at once, in every batch and command, and rejects new chaos until it is released.
// Stopping is idempotent, and retried while the database is unavailable, which chaos itself may have caused.

import type { Operator } from '../bus/operator.ts';
import { type Pool, type Queryable, type Tx, withTx } from '../db/pool.ts';
import { insertEvents } from '../db/queries/events.ts';
import { isIdempotencyKeyUsed } from '../db/queries/idempotency.ts';
import { retryWhileUnavailable } from '../db/retry-while-unavailable.ts';
import { ChaosStoppedError } from '../model/errors.ts';
import { type KillSwitch, readKillSwitch, resumeChaosIfStopped, stopChaosIfRunning } from './queries/lab-control.ts';

export { type KillSwitch, readKillSwitch };

/**
 * Injects nothing into attempts that begin after it returns; attempts in progress keep their faults. If chaos was
 * stopped before, it returns the existing stop and writes no second event.
 */
export function stopChaos(pool: Pool, { actor, reason }: Operator): Promise<KillSwitch> {
  const stop = async (tx: Tx) => {
    if (await stopChaosIfRunning(tx, { actor, reason: reason ?? null })) {
      await insertEvents(tx, 0, [{ type: 'CHAOS_STOPPED', actor, reason }]);
    }
    return readKillSwitch(tx);
  };
  return retryWhileUnavailable(() => withTx(pool, stop));
}

/** Continues injection with the same rolls. Has no effect if chaos was not stopped. */
export function resumeChaos(pool: Pool, { actor, reason }: Operator): Promise<KillSwitch> {
  return withTx(pool, async (tx) => {
    if (await resumeChaosIfStopped(tx)) await insertEvents(tx, 0, [{ type: 'CHAOS_RESUMED', actor, reason }]);
    return readKillSwitch(tx);
  });
}

/** The parts of a request that may ask for chaos. */
export interface AskedChaos {
  behavior?: object | null;
  experiment?: { turbulence?: unknown } | null;
}

/**
 * For every request that may ask for new chaos: a launch, a rerun, a change of behavior, commands. Chaos means a
 * behavior or turbulence. A repeated request (`idempotency`) that was accepted before is accepted again.
 * @throws ChaosStoppedError while chaos is stopped
 */
export async function refuseWhileStopped(
  db: Queryable,
  asked: readonly AskedChaos[],
  idempotency?: { key: string },
): Promise<void> {
  if (asked.every(({ behavior, experiment }) => behavior == null && experiment?.turbulence == null)) return;
  const { stopped, actor, reason } = await readKillSwitch(db);
  if (!stopped || (idempotency !== undefined && (await isIdempotencyKeyUsed(db, idempotency.key)))) return;
  throw new ChaosStoppedError(actor, reason);
}
