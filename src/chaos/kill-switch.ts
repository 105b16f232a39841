// The kill switch: stops all injection at once, for every batch and every command, and refuses new until it is put back.
// Promises that pulling it is never refused: who finds it pulled has what he wanted, and is told who was faster; where the database is
// away, which may be its own doing, it gets through when it is back.

import type { Operator } from '../bus/troubleshooting.ts';
import { type Pool, type Queryable, type Tx, withTx } from '../db/pool.ts';
import { insertEvents } from '../db/queries/events.ts';
import { retryWhileUnavailable } from '../db/retry-while-unavailable.ts';
import { ChaosStoppedError } from '../model/errors.ts';
import * as statements from './queries/lab-control.ts';

export interface KillSwitch {
  stopped: boolean;
  /** Since when it stands; null while it does not, like who pulled it and why. */
  at: Date | null;
  actor: string | null;
  reason: string | null;
}

export async function readKillSwitch(db: Queryable): Promise<KillSwitch> {
  const row = await statements.readKillSwitch(db);
  return row === null ? { stopped: false, at: null, actor: null, reason: null } : { stopped: true, ...row };
}

/**
 * Nothing is injected into attempts that begin after it returns; those that began before run out as they were drawn. Where it was
 * stopped before, that stands: answered as it is, and recorded once.
 */
export function stopChaos(pool: Pool, { actor, reason }: Operator): Promise<KillSwitch> {
  const stop = async (tx: Tx) => {
    if (await statements.stopChaosIfOn(tx, { actor, reason: reason ?? null })) {
      await insertEvents(tx, 0, [{ type: 'CHAOS_STOPPED', actor, reason }]);
    }
    return readKillSwitch(tx);
  };
  return retryWhileUnavailable(() => withTx(pool, stop));
}

/** Injection goes on with the rolls it would have had anyway. Where it was not stopped nothing happens. */
export function resumeChaos(pool: Pool, { actor, reason }: Operator): Promise<KillSwitch> {
  return withTx(pool, async (tx) => {
    if (await statements.resumeChaosIfStopped(tx)) {
      await insertEvents(tx, 0, [{ type: 'CHAOS_RESUMED', actor, reason }]);
    }
    return readKillSwitch(tx);
  });
}

/** What of a request may ask for chaos. */
export interface AskedChaos {
  behavior?: object | null;
  experiment?: { turbulence?: unknown } | null;
}

/**
 * For whatever asks for new chaos: a launch, a run again, a change of behavior, commands with a behavior. What has neither behavior
 * nor turbulence asks for none; who repeats a request that was accepted (`idempotency`) is answered as then.
 * @throws ChaosStoppedError while the kill switch stands
 */
export async function refuseWhileStopped(
  db: Queryable,
  asked: readonly AskedChaos[],
  idempotency?: { key: string },
): Promise<void> {
  if (asked.every(({ behavior, experiment }) => behavior == null && experiment?.turbulence == null)) return;
  if (!(await statements.isNewChaosRefused(db, idempotency?.key ?? null))) return;
  const { actor, reason } = await readKillSwitch(db);
  throw new ChaosStoppedError(actor, reason);
}
