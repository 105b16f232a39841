// Waiting for a database that is away, for what must get through: chaos itself may have taken it away.

import { setTimeout as pause } from 'node:timers/promises';
import { isRetryable } from './pool.ts';

const PATIENCE_MS = 20_000;
const AGAIN_AFTER_MS = 200;

/** Does `work`, and does it again while it fails for what passes by itself, for 20 s at most. Only for what may be done twice. */
export async function retryWhileUnavailable<T>(work: () => Promise<T>): Promise<T> {
  const until_ms = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isRetryable(error) || performance.now() > until_ms) throw error;
      await pause(AGAIN_AFTER_MS);
    }
  }
}
