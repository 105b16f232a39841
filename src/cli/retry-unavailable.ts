// Retries work while the server, or the database behind it, is unavailable: for verbs that outlast an outage.

import { setTimeout as sleep } from 'node:timers/promises';
import { CliError, EXIT } from '../supervisor/exit.ts';

/** Nothing answered, or a server answered that its database is unavailable. */
export class UnavailableError extends CliError {
  constructor(message: string, cause?: unknown) {
    super(message, EXIT.unavailable, cause);
  }
}

export interface RetryLimits {
  give_up_ms: number;
  every_ms: number;
}

export const RETRY_LIMITS: RetryLimits = { give_up_ms: 60_000, every_ms: 500 };

/** Any other error is thrown at once, an UnavailableError after `give_up_ms`. `onOutage` is called once. */
export async function retryWhileUnavailable<T>(
  work: () => Promise<T>,
  onOutage: (error: UnavailableError, limits: RetryLimits) => void,
  limits = RETRY_LIMITS,
): Promise<T> {
  const until_ms = performance.now() + limits.give_up_ms;
  for (let reported = false; ; reported = true) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof UnavailableError) || performance.now() > until_ms) throw error;
      if (!reported) onOutage(error, limits);
      await sleep(limits.every_ms);
    }
  }
}
