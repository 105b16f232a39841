// The database going away, told once: every part of a worker notices within seconds, and each would say so over and over.
// What is not a lost connection is told each time, since it may be something else each time.

import { isConnectionError } from '../db/pool.ts';
import type { Env } from '../model/env.ts';

export interface OutageLog {
  /** Something failed and will be tried again. */
  failed(error: unknown, fields: object, message: string): void;
  /** The database answered. */
  answered(): void;
}

export function createOutageLog(env: Env): OutageLog {
  let since_ms: number | null = null;
  return {
    failed(error, fields, message) {
      if (!isConnectionError(error)) return env.logger.warn({ err: error, ...fields }, message);
      if (since_ms !== null) return;
      since_ms = env.monotonicMs();
      env.logger.warn({ err: error, ...fields }, `the database is away (${message}); trying again until it is back`);
    },
    answered() {
      if (since_ms === null) return;
      const away_ms = Math.round(env.monotonicMs() - since_ms);
      since_ms = null;
      env.logger.info({ away_ms }, `the database is back after ${away_ms} ms`);
    },
  };
}
