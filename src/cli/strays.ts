// Stray errors: promises that reject without a handler, and exceptions in timers and event listeners.
// Neither ends the process or thread at once, and with it the work of other handlers.

import type { Logger } from '../model/env.ts';
import { EXIT } from '../supervisor/exit.ts';

/** Longer than a worker takes to drain, and longer than any request. */
const STOP_MS = 45_000;
/** A handler may leave a thousand stray errors a second. */
const LOG_EVERY_MS = 1_000;

/** Logs stray errors of this process or thread. */
export function logStrays(logger: Logger, onException: () => void = () => {}): void {
  const logRejection = throttledLog(logger, 'A promise rejected and no code handles it');
  const logException = throttledLog(logger, 'An error was thrown in a callback and no code catches it');
  process.on('unhandledRejection', logRejection);
  process.on('uncaughtException', (error) => {
    logException(error);
    onException();
  });
}

/**
 * The same in a process that can be replaced. A rejection does no harm, but an exception may leave the code that it
 * passed through in any state. So this resolves with the reason to replace this process, and ends the process after
 * `stop_ms` if it still runs.
 */
export function catchStrays(logger: Logger, stop_ms = STOP_MS): Promise<string> {
  return new Promise((resolve) => {
    logStrays(logger, () => {
      setTimeout(() => process.exit(EXIT.failed), stop_ms).unref();
      resolve('an error was thrown in a callback and no code catches it');
    });
  });
}

/** Logs at most one error a second; the next line counts the ones skipped. */
function throttledLog(logger: Logger, message: string): (err: unknown) => void {
  let logged_ms = Number.NEGATIVE_INFINITY;
  let skipped = 0;
  return (err) => {
    const now_ms = performance.now();
    if (now_ms - logged_ms < LOG_EVERY_MS) {
      skipped++;
      return;
    }
    logger.error({ err, skipped }, message);
    logged_ms = now_ms;
    skipped = 0;
  };
}
