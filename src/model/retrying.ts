// Retries work at a fixed interval, for a limited time. For work outside of a service; the bus has its own backoff.

import { setTimeout as pause } from 'node:timers/promises';

export interface Retrying {
  every_ms: number;
  max_ms: number;
  /** True if the error may be temporary. */
  again(error: unknown): boolean;
}

/** The first result of `work`. Throws its error when `again` is false, or `max_ms` have passed. */
export async function retry<T>(work: () => Promise<T>, { every_ms, max_ms, again }: Retrying): Promise<T> {
  const until_ms = performance.now() + max_ms;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!again(error) || performance.now() > until_ms) throw error;
      await pause(every_ms);
    }
  }
}
