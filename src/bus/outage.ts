// The database going away, told once: every part of a worker notices within seconds, and each would say so over and over.
// What is no outage is told each time, since it may be something else each time. Both are remembered for a while.

import { isAway, isRetryable, isStatementLost } from '../db/pool.ts';
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

const POOLED =
  'a pooler seems to give each transaction another session (transaction mode), which cannot work: use session mode';
const KEEPS_FAILING = { times: 3, within_ms: 15_000 };

/**
 * `writeDown` is told how long it was away, each time it answers again. Only when that could be written is it back: a database that is
 * read-only, or whose disk is full, answers questions all the same.
 */
export function createOutageLog(env: Env, writeDown: (away_ms: number) => unknown = () => {}): OutageLog {
  let writing = false;
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
        return env.logger.warn({ err: error, ...fields }, isStatementLost(error) ? `${message}: ${POOLED}` : message);
      }
      if (since_ms !== null) return;
      since_ms = env.monotonicMs();
      env.logger.warn({ err: error, ...fields }, `the database is away (${message}); trying again until it is back`);
    },
    answered() {
      if (since_ms === null || writing) return;
      writing = true;
      const answered_ms = env.monotonicMs();
      const away_ms = Math.round(answered_ms - since_ms);
      const isBack = () => {
        until_ms = answered_ms;
        since_ms = null;
        env.logger.info({ away_ms }, `the database is back after ${away_ms} ms`);
      };
      Promise.resolve(writeDown(away_ms))
        .then(isBack, (error) => {
          if (isRetryable(error)) return;
          env.logger.warn({ err: error, away_ms }, 'an outage of the database could not be written down');
          isBack();
        })
        .finally(() => {
          writing = false;
        });
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
