// Attempts of the whole service by second, for the dashboard: rates, percentiles and throughput.
// Past seconds do not change, so each read loads the last seconds only; it is shared, and at most an hour is kept.

import type { Pool } from '../db/pool.ts';
import { readNow, type SecondTally, tallySeconds } from '../db/queries/read-stats.ts';
import type { Env } from '../model/env.ts';
import { createThrottled } from '../model/throttled.ts';
import type { Overview, Throughput } from './contract.ts';

const KEPT_S = 3_600;
/** A transaction may commit attempts that ended up to this many seconds before. */
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

export class Activity {
  readonly #pool: Pool;
  readonly #seconds = new Map<number, Second>();
  /** The seconds from #from_s to #to_s (exclusive) are loaded. */
  #from_s = 0;
  #to_s = 0;
  #window_s = SLICES;
  readonly #loaded;

  constructor(pool: Pool, env: Env) {
    this.#pool = pool;
    this.#loaded = createThrottled(env, () => this.#refresh());
  }

  async throughput(window_s: number): Promise<Throughput> {
    const to_s = await this.#load(window_s);
    const slice_s = Math.ceil(window_s / SLICES);
    const from_s = Math.floor((to_s - window_s) / slice_s) * slice_s;
    const length = Math.ceil((to_s - from_s) / slice_s);
    const items = Array.from({ length }, (_, index) => this.#slice(from_s + index * slice_s, slice_s));
    return { slice_ms: slice_s * 1_000, items };
  }

  /** Over the last minute. */
  async pace(): Promise<Pick<Overview, 'attempts_per_second' | 'latency_ms'>> {
    const to_s = await this.#load(SLICES);
    const last = Array.from(
      { length: SLICES },
      (_, index) => this.#seconds.get(to_s - SLICES + index) ?? emptySecond(),
    );
    const count = last.reduce((sum, second) => sum + second.count, 0);
    return { attempts_per_second: Math.round((count / SLICES) * 10) / 10, latency_ms: percentiles(last) };
  }

  /** Loads the window and returns the second at which it ends. */
  async #load(window_s: number): Promise<number> {
    this.#window_s = Math.max(this.#window_s, Math.min(window_s, KEPT_S));
    const { to_s } = await this.#loaded.read(({ from_s, to_s }) => to_s - from_s >= Math.min(window_s, KEPT_S));
    return to_s;
  }

  async #refresh(): Promise<{ from_s: number; to_s: number }> {
    const now_s = Math.floor(await readNow(this.#pool));
    const from_s = now_s - this.#window_s;
    // After a pause, or when the clock went back, everything is loaded again.
    if (this.#to_s < from_s || this.#to_s > now_s + LATE_S) this.#from_s = this.#to_s = from_s;
    await this.#tally(Math.max(from_s, this.#to_s - LATE_S), now_s);
    if (from_s < this.#from_s) await this.#tally(from_s, this.#from_s);
    this.#from_s = Math.max(Math.min(from_s, this.#from_s), now_s - KEPT_S);
    this.#to_s = now_s;
    for (const second of this.#seconds.keys()) if (second < this.#from_s) this.#seconds.delete(second);
    return { from_s: this.#from_s, to_s: now_s };
  }

  async #tally(from_s: number, to_s: number): Promise<void> {
    const tallies = await tallySeconds(this.#pool, from_s, to_s);
    for (let second = from_s; second < to_s; second++) this.#seconds.delete(second);
    for (const tally of tallies) this.#add(tally);
  }

  #add(tally: SecondTally): void {
    const second = this.#seconds.get(tally.second) ?? emptySecond();
    this.#seconds.set(tally.second, second);
    for (const key of ['success', 'failed', 'injected', 'count'] as const) second[key] += tally[key];
    second.buckets.set(tally.bucket, (second.buckets.get(tally.bucket) ?? 0) + tally.count);
  }

  #slice(from_s: number, length_s: number): Throughput['items'][number] {
    const slice = { at: new Date(from_s * 1_000).toISOString(), success: 0, failed: 0, injected: 0 };
    for (let s = from_s; s < from_s + length_s; s++) {
      for (const key of ['success', 'failed', 'injected'] as const) slice[key] += this.#seconds.get(s)?.[key] ?? 0;
    }
    return slice;
  }
}

function emptySecond(): Second {
  return { success: 0, failed: 0, injected: 0, count: 0, buckets: new Map() };
}

/** Percentiles of the merged buckets, in ms, accurate to 5 %. */
function percentiles(seconds: readonly Second[]): Overview['latency_ms'] {
  const merged = new Map<number, number>();
  for (const [bucket, count] of seconds.flatMap(({ buckets }) => [...buckets]))
    merged.set(bucket, (merged.get(bucket) ?? 0) + count);
  const ordered = [...merged].sort(([a], [b]) => a - b);
  const total = ordered.reduce((sum, [, count]) => sum + count, 0);
  const at = (share: number): number | null => {
    let seen = 0;
    const found = ordered.find(([, count]) => {
      seen += count;
      return seen >= total * share;
    });
    return found === undefined ? null : Math.round(Math.exp(found[0] / 12) * 10) / 10;
  };
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
