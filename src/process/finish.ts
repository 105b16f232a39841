// The finisher: recounts open batches from the index, one snapshot each, and updates their status.
// One worker at a time does this, under an advisory lock. A batch is locked while it is counted; verbs reopen it.

import type { Bus } from '../bus/bus.ts';
import { type Tx, withTx } from '../db/pool.ts';
import {
  type BatchCounts,
  countCommands,
  countProcesses,
  listOpenBatches,
  lockBatchIfOpen,
  type OpenBatch,
  updateBatchIfStill,
} from '../db/queries/batches.ts';
import { insertEvents, type NewEvent } from '../db/queries/events.ts';
import { analyzeIfGrown, tryMaintenanceLock } from '../db/queries/maintenance.ts';
import { insertReplies } from '../db/queries/replies.ts';
import { PeriodicTask } from '../model/periodic.ts';
import type { BatchStatus } from '../model/process.ts';
import { endReplies } from './batch-end.ts';

/** The next count of a batch begins at least ten times the duration of its last count later. */
const COUNT_SHARE = 10;
/** The longest wait for a locked batch; a sender's own transaction may hold one, and only that one is not counted. */
const LOCKED_MS = 2_000;
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * The status that follows from the counts. An open batch may grow; a cancelled one is never completely created. Pure.
 */
export function nextBatchStatus(
  { total_count, closed, canceled }: Pick<OpenBatch, 'total_count' | 'closed' | 'canceled'>,
  counts: BatchCounts,
): BatchStatus {
  if (!canceled && (!closed || counts.created_count < total_count)) return 'CREATING';
  if (counts.waiting_count > 0) return canceled ? 'CANCELING' : 'RUNNING';
  if (counts.in_troubleshooting_count > 0) return 'AT_REST';
  if (canceled) return 'CANCELED';
  return counts.completed_count === total_count ? 'COMPLETED' : 'COMPLETED_WITH_FAILURES';
}

export function createFinisher(bus: Bus): PeriodicTask {
  const countAgainAt = new Map<string, number>();

  const finishBatch = async (tx: Tx, batch_id: string) => {
    const batch = await lockBatchIfOpen(tx, batch_id, LOCKED_MS);
    if (batch === null) return;
    const began_ms = bus.env.monotonicMs();
    const counts = await (batch.kind === 'process' ? countProcesses : countCommands)(tx, batch_id);
    countAgainAt.set(batch_id, began_ms + (bus.env.monotonicMs() - began_ms) * COUNT_SHARE);
    const next = nextBatchStatus(batch, counts);
    if (!(await updateBatchIfStill(tx, batch.batch_id, batch.status, next, counts))) return;
    const event = eventOf(batch, next, counts);
    if (event !== null) await insertEvents(tx, 0, [event]);
    await insertReplies(tx, 0, endReplies(bus, batch, next, counts));
    await bus.env.probe('in_finish', { ...batch, next });
  };

  const round = async () => {
    let open: string[] = [];
    const held = await withTx(bus.pool, async (tx) => {
      if (!(await tryMaintenanceLock(tx))) return false;
      open = await listOpenBatches(tx);
      await analyzeIfGrown(tx);
      return true;
    });
    if (!held) return;
    for (const batch_id of open) {
      if ((countAgainAt.get(batch_id) ?? 0) > bus.env.monotonicMs()) continue;
      await withTx(
        bus.pool,
        async (tx) => void ((await tryMaintenanceLock(tx)) && (await finishBatch(tx, batch_id))),
      ).catch((error) => {
        if ((error as { code?: unknown }).code !== LOCK_NOT_AVAILABLE) throw error;
      });
    }
    for (const batch_id of countAgainAt.keys()) if (!open.includes(batch_id)) countAgainAt.delete(batch_id);
  };

  return new PeriodicTask(bus, { every_ms: 1_000, run: round, failure: 'counting batches failed, trying again' });
}

function eventOf(batch: OpenBatch, next: BatchStatus, counts: BatchCounts): NewEvent | null {
  if (next === batch.status) return null;
  const event = (type: NewEvent['type']): NewEvent => ({
    type,
    batch_id: batch.batch_id,
    details: { status: next, ...counts },
  });
  if (next === 'AT_REST') return event('BATCH_AT_REST');
  // Operators' verbs reopen a batch themselves; this covers work from other sources.
  if (next === 'RUNNING' || next === 'CANCELING') return batch.status === 'AT_REST' ? event('BATCH_REOPENED') : null;
  return next === 'CREATING' ? null : event('BATCH_COMPLETED');
}
