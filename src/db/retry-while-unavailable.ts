// Retries work that must succeed although the database is unavailable, possibly through chaos itself.

import { setTimeout as pause } from 'node:timers/promises';
import { isRetryable } from './pool.ts';

const TIMEOUT_MS = 20_000;
const RETRY_MS = 200;

/** Runs `work` and repeats it after retryable errors, for up to 20 s. `work` must be idempotent. */
export async function retryWhileUnavailable<T>(work: () => Promise<T>): Promise<T> {
  const until_ms = performance.now() + TIMEOUT_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isRetryable(error) || performance.now() > until_ms) throw error;
      await pause(RETRY_MS);
    }
  }
}
