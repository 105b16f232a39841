// A value that is expensive to compute and read by many: computed at most once a second, by one reader for all.
// Spends at most a tenth of the time on it, however often it is read.

import type { Env } from './env.ts';

const EVERY_MS = 1_000;
const SHARE = 10;
/** If the value is older than this many intervals, a reader waits for the next one. */
const STALE_PACES = 3;

export interface Throttled<T> {
  /** A recent value. One that `accept` rejects is computed again, whatever its age. */
  read(accept?: (value: T) => boolean): Promise<T>;
}

export function createThrottled<T>(env: Env, compute: () => Promise<T>): Throttled<T> {
  let held: { value: T; at_ms: number; pace_ms: number } | null = null;
  let running: Promise<T> | null = null;

  const run = async () => {
    const began = env.monotonicMs();
    try {
      const value = await compute();
      const at_ms = env.monotonicMs();
      held = { value, at_ms, pace_ms: Math.max(EVERY_MS, (at_ms - began) * SHARE) };
      return value;
    } finally {
      running = null;
    }
  };

  const next = () => {
    running ??= run();
    return running;
  };

  return {
    async read(accept = () => true) {
      if (held !== null && accept(held.value)) {
        const age_ms = env.monotonicMs() - held.at_ms;
        if (age_ms < held.pace_ms) return held.value;
        const { value, pace_ms } = held;
        const computed = next();
        if (age_ms < pace_ms * STALE_PACES) {
          // Those who wait for it see a failure; this reader has a value.
          computed.catch(() => {});
          return value;
        }
        return computed;
      }
      const value = await next();
      // The computation may have begun before the change that this reader knows of.
      return accept(value) ? value : next();
    },
  };
}

/** Throttled values by key; evicts the least recently read beyond `capacity`. */
export function createThrottledMap<T>(env: Env, compute: (key: string) => Promise<T>, capacity = 200) {
  const values = new Map<string, Throttled<T>>();
  return {
    of(key: string): Throttled<T> {
      const throttled = values.get(key) ?? createThrottled(env, () => compute(key));
      values.delete(key);
      values.set(key, throttled);
      for (const oldest of values.keys()) {
        if (values.size <= capacity) break;
        values.delete(oldest);
      }
      return throttled;
    },
  };
}
