// Reopens a batch at rest in the same transaction that gives it work again, so that AT_REST is never read while something is open.
// Promises the order of locks, batches by id before anything of theirs, and one BATCH_REOPENED for each time.

import type { Tx } from '../db/pool.ts';
import { lockBatchesOfCommands, reopenIfChanged } from '../db/queries/batches.ts';
import { insertEvents } from '../db/queries/events.ts';

/**
 * Does what may take commands of one lane, or their processes, out of the troubleshooting queue. Their batches are locked until the
 * transaction ends, and the finisher locks a batch before it counts it: so it cannot put one to rest on a count from before.
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
  await insertEvents(
    tx,
    0,
    reopened.map(({ batch_id, ...details }) => ({ type: 'BATCH_REOPENED' as const, batch_id, details })),
  );
  return done;
}
