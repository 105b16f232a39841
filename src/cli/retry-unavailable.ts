// Retries work while the server, or the database behind it, is unavailable: for verbs that outlast an outage.

import { retry } from '../model/retrying.ts';
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
export function retryUnavailable<T>(
  work: () => Promise<T>,
  onOutage: (error: UnavailableError, limits: RetryLimits) => void,
  limits = RETRY_LIMITS,
): Promise<T> {
  let reported = false;
  const again = (error: unknown) => {
    if (!(error instanceof UnavailableError)) return false;
    if (!reported) onOutage(error, limits);
    reported = true;
    return true;
  };
  return retry(work, { every_ms: limits.every_ms, max_ms: limits.give_up_ms, again });
}
