// Retries work that must succeed although the database is unavailable, possibly through chaos itself.

import { retry } from '../model/retrying.ts';
import { isRetryable } from './pool.ts';

/** Runs `work` and repeats it after retryable errors, for up to 20 s. `work` must be idempotent. */
export function retryWhileUnavailable<T>(work: () => Promise<T>): Promise<T> {
  return retry(work, { every_ms: 200, max_ms: 20_000, again: isRetryable });
}
