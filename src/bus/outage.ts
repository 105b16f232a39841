// The database going away, told once: every part of a worker notices within seconds, and each would say so over and over.
// What is not a lost connection is told each time, since it may be something else each time. Both are remembered for a while.

import { isAway } from '../db/pool.ts';
import type { Env } from '../model/env.ts';

export interface OutageLog {
  /** Something failed and will be tried again. */
  failed(error: unknown, fields: object, message: string): void;
  /** The database answered. */
  answered(): void;
  /** Since it was last away (0 while it is); null: never. */
  awayAgoMs(): number | null;
  /** What failed at least three times within the last 15 s; null: nothing. */
  failing(): string | null;
}

const KEEPS_FAILING = { times: 3, within_ms: 15_000 };

/** `onBack` is told how long it was away, each time it is back. */
export function createOutageLog(env: Env, onBack: (away_ms: number) => void = () => {}): OutageLog {
  let since_ms: number | null = null;
  let until_ms: number | null = null;
  /** When each failed lately, by message. */
  const failures = new Map<string, number[]>();

  const remember = (message: string) => {
    const times = [...(failures.get(message) ?? []), env.monotonicMs()];
    failures.set(message, times.slice(-KEEPS_FAILING.times));
  };

  return {
    failed(error, fields, message) {
      if (!isAway(error)) {
        remember(message);
        return env.logger.warn({ err: error, ...fields }, message);
      }
      if (since_ms !== null) return;
      since_ms = env.monotonicMs();
      env.logger.warn({ err: error, ...fields }, `the database is away (${message}); trying again until it is back`);
    },
    answered() {
      if (since_ms === null) return;
      until_ms = env.monotonicMs();
      const away_ms = Math.round(until_ms - since_ms);
      since_ms = null;
      env.logger.info({ away_ms }, `the database is back after ${away_ms} ms`);
      onBack(away_ms);
    },
    awayAgoMs() {
      if (since_ms !== null) return 0;
      return until_ms === null ? null : env.monotonicMs() - until_ms;
    },
    failing() {
      const since = env.monotonicMs() - KEEPS_FAILING.within_ms;
      for (const [message, times] of failures)
        if (times.length === KEEPS_FAILING.times && (times[0] as number) >= since) return message;
      return null;
    },
  };
}
