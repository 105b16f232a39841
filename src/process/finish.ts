// The finisher: counts open batches from the index, one snapshot each, and ends, rests or reopens them.
// One at a time over all workers, by advisory lock; every change is one guarded statement.

import type { Bus } from '../bus/bus.ts';
import { type Tx, withTx } from '../db/pool.ts';
import {
  type BatchCounts,
  countCommands,
  countProcesses,
  type OpenBatch,
  readOpenBatches,
  updateBatchIfStill,
} from '../db/queries/batches.ts';
import { insertEvents, insertReplies, type NewEvent } from '../db/queries/events.ts';
import { analyzeIfGrown, tryMaintenanceLock } from '../db/queries/maintenance.ts';
import type { BatchStatus } from '../model/process.ts';
import { createRounds, type Rounds } from '../model/rounds.ts';
import { endReplies } from './batch-end.ts';

const EVERY_MS = 1_000;
/** A batch is counted no oftener than ten times as long as its last count took. */
const COUNT_SHARE = 10;

/** The status that follows from the counts; a batch that is not closed may grow. Pure. */
export function nextBatchStatus(
  status: BatchStatus,
  total_count: number,
  counts: BatchCounts,
  closed = true,
): BatchStatus {
  const open = counts.waiting_count + counts.in_troubleshooting_count;
  if (status === 'CANCELING') return open === 0 ? 'CANCELED' : 'CANCELING';
  if (!closed || counts.created_count < total_count) return 'CREATING';
  if (counts.waiting_count > 0) return 'RUNNING';
  if (counts.in_troubleshooting_count > 0) return 'AT_REST';
  return counts.completed_count === total_count ? 'COMPLETED' : 'COMPLETED_WITH_FAILURES';
}

export function createFinisher(bus: Bus): Rounds {
  const countAgainAt = new Map<string, number>();

  const finishBatch = async (tx: Tx, batch: OpenBatch) => {
    const now = bus.env.monotonicMs();
    if ((countAgainAt.get(batch.batch_id) ?? 0) > now) return;
    const counts = await (batch.kind === 'process' ? countProcesses : countCommands)(tx, batch.batch_id);
    countAgainAt.set(batch.batch_id, now + (bus.env.monotonicMs() - now) * COUNT_SHARE);
    const next = nextBatchStatus(batch.status, batch.total_count, counts, batch.closed);
    if (!(await updateBatchIfStill(tx, batch.batch_id, batch.status, next, counts))) return;
    const event = eventOf(batch, next, counts);
    if (event !== null) await insertEvents(tx, 0, [event]);
    await insertReplies(tx, 0, endReplies(bus, batch, next, counts));
    await bus.env.probe('in_finish', { ...batch, next });
  };

  const round = async () => {
    let open: OpenBatch[] = [];
    const held = await withTx(bus.pool, async (tx) => {
      if (!(await tryMaintenanceLock(tx))) return false;
      open = await readOpenBatches(tx);
      await analyzeIfGrown(tx);
      return true;
    });
    if (!held) return;
    for (const batch of open)
      await withTx(bus.pool, async (tx) => void ((await tryMaintenanceLock(tx)) && (await finishBatch(tx, batch))));
    for (const batch_id of countAgainAt.keys())
      if (!open.some((batch) => batch.batch_id === batch_id)) countAgainAt.delete(batch_id);
  };

  return createRounds(bus, EVERY_MS, round, 'counting batches failed, trying again');
}

function eventOf(batch: OpenBatch, next: BatchStatus, counts: BatchCounts): NewEvent | null {
  if (next === batch.status) return null;
  const event = (type: NewEvent['type']): NewEvent => ({
    type,
    batch_id: batch.batch_id,
    details: { status: next, ...counts },
  });
  if (next === 'AT_REST') return event('BATCH_AT_REST');
  if (next === 'RUNNING') return batch.status === 'AT_REST' ? event('BATCH_REOPENED') : null;
  return next === 'CANCELING' || next === 'CREATING' ? null : event('BATCH_COMPLETED');
}
