// How fast a batch ends its processes, from the counts on its row as they were seen over the last seconds.
// Pure; whoever reads the row keeps the samples.

import type { BatchRecord } from '../db/queries/read-batches.ts';

/** Processes ended by the time the row was counted. */
export interface RateSample {
  counted_at_ms: number;
  ended: number;
}

const WINDOW_MS = 10_000;

function endedOf(batch: BatchRecord): number {
  return batch.completed_count + batch.compensated_count + batch.failed_count + batch.canceled_count;
}

/** The samples with this look at the row; those older than the window go, but for the newest of them. */
export function addSample(samples: readonly RateSample[], batch: BatchRecord): RateSample[] {
  if (batch.counted_at === null) return [];
  const sample = { counted_at_ms: batch.counted_at.getTime(), ended: endedOf(batch) };
  const earlier = samples.filter((other) => other.counted_at_ms < sample.counted_at_ms);
  const recent = earlier.filter((other) => other.counted_at_ms >= sample.counted_at_ms - WINDOW_MS);
  return [...(recent.length > 0 ? recent : earlier.slice(-1)), sample];
}

/** Processes ended per second over the window, or since creation where nothing older was seen; null when nothing runs. */
export function rateOf(samples: readonly RateSample[], batch: BatchRecord): number | null {
  const newest = samples.at(-1);
  if (newest === undefined || !isMoving(batch)) return null;
  const oldest = samples.length > 1 ? samples[0] : { counted_at_ms: batch.created_at.getTime(), ended: 0 };
  const elapsed_ms = newest.counted_at_ms - (oldest?.counted_at_ms ?? 0);
  if (elapsed_ms <= 0) return null;
  return Math.round(((newest.ended - (oldest?.ended ?? 0)) / elapsed_ms) * 1_000_000) / 1_000;
}

/** Milliseconds until every process has ended that does not wait for an operator; null when that cannot be said. */
export function etaOf(rate_per_second: number | null, batch: BatchRecord): number | null {
  if (rate_per_second === null || rate_per_second <= 0) return null;
  const total = batch.status === 'CANCELING' ? batch.created_count : batch.total_count;
  const left = Math.max(0, total - endedOf(batch) - batch.in_troubleshooting_count);
  return Math.round((left / rate_per_second) * 1_000);
}

function isMoving(batch: BatchRecord): boolean {
  return batch.status === 'CREATING' || batch.status === 'RUNNING' || batch.status === 'CANCELING';
}
