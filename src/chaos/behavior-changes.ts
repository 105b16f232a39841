// The changes that an operator may make to the chaos of a running batch: a new behavior, and the end of injection.
// Each change is one guarded statement with its event; of two conflicting changes the second is rejected.

import type { Operator } from '../bus/operator.ts';
import { type Pool, type Tx, withTx } from '../db/pool.ts';
import { readBatch } from '../db/queries/batches.ts';
import { insertEvents } from '../db/queries/events.ts';
import { retryWhileUnavailable } from '../db/retry-while-unavailable.ts';
import { NotFoundError, WrongStateError } from '../model/errors.ts';
import type { Service } from '../process/service.ts';
import { checkBehavior } from './asked.ts';
import {
  appendBehaviorVersion,
  type BehaviorVersionRow,
  lockBatchIfChangeable,
  stopInjectionIfRunning,
} from './queries/lab-control.ts';

/**
 * Appends a behavior (null: none) for steps sent from now on; every process of the service applies it within half a
 * second (behavior-overrides.ts). The states of processes, and commands already sent, do not change.
 * @throws NotFoundError; as checkBehavior; WrongStateError if the batch has ended, is being cancelled, or its injection
 * is stopped
 */
export function changeBehavior(
  { bus, processes }: Pick<Service, 'bus' | 'processes'>,
  batch_id: string,
  behavior: Record<string, unknown> | null,
  operator: Operator,
): Promise<BehaviorVersionRow> {
  const by = { actor: operator.actor, reason: operator.reason ?? null };
  return withTx(bus.pool, async (tx) => {
    const batch = await readBatch(tx, batch_id);
    if (batch?.kind === 'process') checkBehavior(processes, batch, behavior);
    if (!(await lockBatchIfChangeable(tx, batch_id))) await refuse(tx, batch_id);
    const changed = await appendBehaviorVersion(tx, batch_id, { behavior, ...by });
    const details = { version: changed.version, behavior };
    await insertEvents(tx, 0, [{ type: 'BEHAVIOR_CHANGED', batch_id, ...by, details }]);
    return changed;
  });
}

/**
 * Injects nothing into attempts of the batch that begin after it returns, and ends its turbulence. Retries while the
 * database is unavailable.
 * @returns the time of the stop
 * @throws NotFoundError; WrongStateError if it was stopped before, or the batch has ended
 */
export function stopInjection(pool: Pool, batch_id: string, { actor, reason }: Operator): Promise<Date> {
  const stop = async (tx: Tx) => {
    const stopped_at = await stopInjectionIfRunning(tx, batch_id);
    if (stopped_at === null) return refuse(tx, batch_id);
    await insertEvents(tx, 0, [{ type: 'INJECTION_STOPPED', batch_id, actor, reason }]);
    return stopped_at;
  };
  return retryWhileUnavailable(() => withTx(pool, stop));
}

async function refuse(tx: Tx, batch_id: string): Promise<never> {
  const batch = await readBatch(tx, batch_id);
  if (batch === null || batch.kind !== 'process') throw new NotFoundError('batch', batch_id);
  const { status, injection_stopped_at } = batch;
  if (injection_stopped_at === null) throw new WrongStateError(`The batch is ${status}.`);
  throw new WrongStateError('Injection into the batch is stopped already.');
}
