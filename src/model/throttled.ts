// A value that costs the database something and that many read: computed at most each second, by one of them for all.
// Promises to spend at most a tenth of the time on it, however often it is asked for.

import type { Env } from './env.ts';

const EVERY_MS = 1_000;
const SHARE = 10;
/** A value this many paces old is not shown any more: its reader waits for the next. */
const STALE_PACES = 3;

export interface Throttled<T> {
  /** The value of now or of a moment ago. One that `accept` refuses is computed again, whatever its age. */
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
          // Whoever waits for it sees a failure; this reader has its value.
          computed.catch(() => {});
          return value;
        }
        return computed;
      }
      const value = await next();
      // The computation may have begun before what this reader knows of.
      return accept(value) ? value : next();
    },
  };
}

/** Throttled values by key; the least recently read go first when there are more than `capacity`. */
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
