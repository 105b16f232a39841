// The rate at which a batch ends its processes, from the counts on its row over the last seconds.

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

/** The samples of the window with that of this row; if none is left of the window, the newest one before it. */
export function addSample(samples: readonly RateSample[], batch: BatchRecord): RateSample[] {
  if (batch.counted_at === null) return [];
  const sample = { counted_at_ms: batch.counted_at.getTime(), ended: endedOf(batch) };
  const earlier = samples.filter((other) => other.counted_at_ms < sample.counted_at_ms);
  const recent = earlier.filter((other) => other.counted_at_ms >= sample.counted_at_ms - WINDOW_MS);
  return [...(recent.length > 0 ? recent : earlier.slice(-1)), sample];
}

/** Processes ended per second over the window, or since creation with one sample; null if none is in progress. */
export function rateOf(samples: readonly RateSample[], batch: BatchRecord): number | null {
  const newest = samples.at(-1);
  if (newest === undefined || !['CREATING', 'RUNNING', 'CANCELING'].includes(batch.status)) return null;
  const created = { counted_at_ms: batch.created_at.getTime(), ended: 0 };
  const oldest = samples.length > 1 ? (samples[0] ?? created) : created;
  const elapsed_ms = newest.counted_at_ms - oldest.counted_at_ms;
  return elapsed_ms <= 0 ? null : Math.round(((newest.ended - oldest.ended) / elapsed_ms) * 1_000_000) / 1_000;
}

/** Milliseconds until every process has ended that is not parked; null without a rate. */
export function etaOf(rate_per_second: number | null, batch: BatchRecord): number | null {
  if (rate_per_second === null || rate_per_second <= 0) return null;
  const total = batch.status === 'CANCELING' ? batch.created_count : batch.total_count;
  const left = Math.max(0, total - endedOf(batch) - batch.in_troubleshooting_count);
  return Math.round((left / rate_per_second) * 1_000);
}
