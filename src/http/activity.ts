// What attempts of the whole service came to, second by second, for the dashboard: rates, percentiles and throughput.
// The past does not change: each look reads the last seconds only, one look serves all, and nothing is kept for more than an hour.

import type { Pool } from '../db/pool.ts';
import { readNow, type SecondTally, tallySeconds } from '../db/queries/read-stats.ts';
import type { Env } from '../model/env.ts';
import { createThrottled } from '../model/throttled.ts';
import type { Overview, Throughput } from './contract.ts';

const KEPT_S = 3_600;
/** A transaction that ended attempts within these seconds may not have been seen at the last look. */
const LATE_S = 5;
const SLICES = 60;

interface Second {
  success: number;
  failed: number;
  injected: number;
  count: number;
  /** Attempts by duration: bucket round(12 ln(ms)). */
  buckets: Map<number, number>;
}

export interface Activity {
  throughput(window_s: number): Promise<Throughput>;
  /** Over the last minute. */
  pace(): Promise<Pick<Overview, 'attempts_per_second' | 'latency_ms'>>;
}

export function createActivity(pool: Pool, env: Env): Activity {
  const seconds = new Map<number, Second>();
  /** Seconds in [covered.from_s, covered.to_s) were read. */
  let covered: { from_s: number; to_s: number } | null = null;
  let wanted_s = SLICES;

  const read = async (from_s: number, to_s: number) => {
    const tallies = await tallySeconds(pool, from_s, to_s);
    for (let second = from_s; second < to_s; second++) seconds.delete(second);
    for (const tally of tallies) addTally(seconds, tally);
  };

  const look = createThrottled(env, async () => {
    const now_s = Math.floor(await readNow(pool));
    const from_s = now_s - wanted_s;
    const overlaps = covered !== null && covered.to_s >= from_s && covered.to_s <= now_s + LATE_S;
    if (covered === null || !overlaps) await read(from_s, now_s);
    else {
      await read(Math.max(from_s, covered.to_s - LATE_S), now_s);
      if (from_s < covered.from_s) await read(from_s, covered.from_s);
    }
    covered = { from_s: overlaps && covered !== null ? Math.min(from_s, covered.from_s) : from_s, to_s: now_s };
    forgetBefore(now_s - KEPT_S);
    return { from_s: covered.from_s, to_s: now_s };
  });

  const forgetBefore = (oldest_s: number) => {
    for (const second of seconds.keys()) if (second < oldest_s) seconds.delete(second);
    if (covered !== null) covered.from_s = Math.max(covered.from_s, oldest_s);
  };

  /** The end of the seconds that are known, all of the window before it among them. */
  const known = async (window_s: number) => {
    wanted_s = Math.max(wanted_s, Math.min(window_s, KEPT_S));
    const { to_s } = await look.read(({ from_s, to_s }) => to_s - from_s >= Math.min(window_s, KEPT_S));
    return to_s;
  };

  return {
    async throughput(window_s) {
      const to_s = await known(window_s);
      const slice_s = Math.ceil(window_s / SLICES);
      const from_s = Math.floor((to_s - window_s) / slice_s) * slice_s;
      const length = Math.ceil((to_s - from_s) / slice_s);
      const items = Array.from({ length }, (_, index) => slice(seconds, from_s + index * slice_s, slice_s));
      return { slice_ms: slice_s * 1_000, items };
    },
    async pace() {
      const to_s = await known(SLICES);
      const last = Array.from({ length: SLICES }, (_, index) => seconds.get(to_s - SLICES + index)).filter(
        (second) => second !== undefined,
      );
      const count = last.reduce((sum, second) => sum + second.count, 0);
      return { attempts_per_second: Math.round((count / SLICES) * 10) / 10, latency_ms: percentiles(last) };
    },
  };
}

function addTally(seconds: Map<number, Second>, tally: SecondTally): void {
  const second = seconds.get(tally.second) ?? { success: 0, failed: 0, injected: 0, count: 0, buckets: new Map() };
  seconds.set(tally.second, second);
  second.success += tally.success;
  second.failed += tally.failed;
  second.injected += tally.injected;
  second.count += tally.count;
  second.buckets.set(tally.bucket, (second.buckets.get(tally.bucket) ?? 0) + tally.count);
}

function slice(seconds: ReadonlyMap<number, Second>, from_s: number, length_s: number): Throughput['items'][number] {
  const sum = { at: new Date(from_s * 1_000).toISOString(), success: 0, failed: 0, injected: 0 };
  for (let s = from_s; s < from_s + length_s; s++) {
    const second = seconds.get(s);
    if (second === undefined) continue;
    sum.success += second.success;
    sum.failed += second.failed;
    sum.injected += second.injected;
  }
  return sum;
}

/** Percentiles of the merged buckets, in ms; within 5 % of the true ones. */
function percentiles(seconds: readonly Second[]): Overview['latency_ms'] {
  const merged = new Map<number, number>();
  for (const { buckets } of seconds) {
    for (const [bucket, count] of buckets) merged.set(bucket, (merged.get(bucket) ?? 0) + count);
  }
  const ordered = [...merged].sort(([a], [b]) => a - b);
  const total = ordered.reduce((sum, [, count]) => sum + count, 0);
  const at = (share: number): number | null => {
    let seen = 0;
    for (const [bucket, count] of ordered) {
      seen += count;
      if (seen >= total * share) return Math.round(Math.exp(bucket / 12) * 10) / 10;
    }
    return null;
  };
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
