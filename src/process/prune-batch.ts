// Prunes one batch: deletes what belongs to it in slices and its row last, so that the next run can find the rest.
// A batch is hidden once it is marked for pruning. A batch with an open item is never marked.

import { type Tx, withTx } from '../db/pool.ts';
import * as prune from '../db/queries/prune.ts';
import { pages } from '../model/batching.ts';
import { reasonOf } from '../model/error-text.ts';
import {
  inSlice,
  type PruneSite,
  pruneCommands,
  pruneProcesses,
  type Slice,
  type SliceOptions,
  untilDone,
} from './prune-slices.ts';

export interface BatchPruning extends Pick<SliceOptions, 'onSlice'> {
  run: {
    signal?: AbortSignal;
    removeArtifacts?(batch: { batch_id: string; process_type: string }): Promise<void>;
  };
  /** Its documents could not be removed. */
  onFailure(batch_id: string, message: string): void;
}

/** False when something of the batch is left, for a later prune. */
export async function pruneBatch(
  site: PruneSite,
  batch: prune.PrunableBatch,
  { run, onSlice, onFailure }: BatchPruning,
): Promise<boolean> {
  const { batch_id, process_type } = batch;
  if (!batch.begun && (await isOpen(site, batch, run.signal))) return false;
  // Waits for the disk, unlike a slice: what has lost its documents must never be shown again.
  if (!(await withTx(site.pool, (tx) => prune.markPruningIfEnded(tx, batch_id)))) return false;
  try {
    if (process_type !== null) await run.removeArtifacts?.({ batch_id, process_type });
  } catch (error) {
    site.env.logger.warn({ err: error, batch_id }, 'the documents of a batch could not be removed');
    onFailure(batch_id, reasonOf(error));
    return false;
  }
  const options = { hold: (tx: Tx) => prune.lockPruningBatch(tx, batch_id), onSlice };
  if (batch.kind === 'process') {
    for await (const slice of processSlices(site, batch_id)) await pruneProcesses(site, slice, options);
  } else {
    await whileShrinking(
      () => prune.readBatchCommandSlice(site.pool, batch_id),
      (ids) => pruneCommands(site, ids, options),
    );
  }
  await whileShrinking(
    async () => (await prune.readInternalCommands(site.pool, batch_id)).map(({ command_id }) => command_id),
    (ids) => pruneCommands(site, ids, options),
  );
  return pruneBatchRow(site, batch_id, onSlice);
}

function processSlices(site: PruneSite, batch_id: string): AsyncIterable<prune.ProcessSlice[]> {
  return pages(
    (after: number | null) => prune.readProcessSlice(site.pool, batch_id, after ?? -1),
    (slice) => slice.at(-1)?.ordinal ?? null,
  );
}

/** Ends when nothing is there, or all that is there stays. */
async function whileShrinking(read: () => Promise<string[]>, remove: (ids: string[]) => Promise<void>): Promise<void> {
  for (let before = ''; ; ) {
    const ids = await read();
    const now = ids.join();
    if (ids.length === 0 || now === before) return;
    before = now;
    await remove(ids);
  }
}

/** Is something of a batch that ended open all the same? A compensation for a late effect may be, or a job. */
async function isOpen(
  site: PruneSite,
  { batch_id, kind }: prune.PrunableBatch,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const own = await prune.readInternalCommands(site.pool, batch_id);
  if (own.some(({ ended }) => !ended)) return true;
  if (kind === 'command') return (await prune.countOpenBatchCommands(site.pool, batch_id)) > 0;
  for await (const slice of processSlices(site, batch_id)) {
    signal?.throwIfAborted();
    const ids = slice.flatMap(({ command_ids }) => command_ids);
    if ((await prune.countOpenCommands(site.pool, ids)) > 0) return true;
  }
  return false;
}

/** Last, when nothing refers to it any more. */
async function pruneBatchRow(site: PruneSite, batch_id: string, onSlice: SliceOptions['onSlice']): Promise<boolean> {
  for (let lane = 0; lane < site.lanes; lane++) {
    await untilDone(onSlice, () =>
      inSlice(site, async (tx) => {
        if (!(await prune.lockPruningBatch(tx, batch_id))) return { counts: {}, done: true };
        const events = await prune.deleteBatchEvents(tx, lane, batch_id);
        return { counts: { events }, done: events < prune.SLICE_ROWS };
      }),
    );
  }
  const { counts } = await inSlice(site, async (tx): Promise<Slice> => {
    const held = await prune.lockPruningBatch(tx, batch_id);
    const gone = held && (await prune.deleteBatchIfEmpty(tx, batch_id));
    return { counts: { batches: gone ? 1 : 0 }, done: true };
  });
  await onSlice(counts);
  return counts.batches === 1;
}
