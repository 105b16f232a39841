// Reopens a batch at rest in the transaction that gives it work again, so that no batch shows AT_REST with open work.
// Locks batches, ordered by id, before anything that belongs to them.

import type { Tx } from '../db/pool.ts';
import { lockBatchesOfCommands, reopenIfChanged } from '../db/queries/batches.ts';
import { insertEvents } from '../db/queries/events.ts';

/**
 * Runs `work`, which may take commands of one lane, or their processes, out of the troubleshooting queue. Holds the
 * locks of their batches until the transaction ends. The finisher locks a batch before it counts it, so it never uses
 * an older count.
 */
export async function reopening<T>(
  tx: Tx,
  lane: number,
  command_ids: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  const resting = await lockBatchesOfCommands(tx, lane, command_ids);
  const done = await work();
  if (resting.length === 0) return done;
  const reopened = await reopenIfChanged(tx, resting);
  const type = 'BATCH_REOPENED';
  await insertEvents(
    tx,
    0,
    reopened.map(({ batch_id, ...details }) => ({ type, batch_id, details })),
  );
  return done;
}
