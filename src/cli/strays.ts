// Errors that nobody caught, where other people's code runs: a promise left floating that rejects, a throw in a timer or an event
// listener. Promises that neither ends the process or thread there and then, and with it the work of everybody else.

import type { Logger } from '../model/env.ts';
import { EXIT } from '../supervisor/exit.ts';

/** More than a worker takes to drain, and longer than any request. */
const ORDER_MS = 45_000;
/** A handler may leave a thousand behind a second: one line a second tells of all of them. */
const LOG_EVERY_MS = 1_000;

/** From now on such errors are logged, and no more, in this process or this thread of it. */
export function logStrays(logger: Logger, onException: () => void = () => {}): void {
  const rejected = createSparseLog(logger, 'A promise that nobody awaits was rejected: some code left it floating');
  const thrown = createSparseLog(logger, 'An error was thrown where nobody catches it: in a callback of some code');
  process.on('unhandledRejection', rejected);
  process.on('uncaughtException', (error) => {
    thrown(error);
    onException();
  });
}

/**
 * The same in a process that can be replaced. A rejected promise leaves nothing behind. After an exception the code that it went through
 * may be in any state, also code that is not the application's: resolves with a reason to replace this process, in order. Whatever
 * keeps it from its end is cut off after `order_ms`.
 */
export function catchStrays(logger: Logger, order_ms = ORDER_MS): Promise<string> {
  return new Promise((resolve) => {
    logStrays(logger, () => {
      setTimeout(() => process.exit(EXIT.failed), order_ms).unref();
      resolve('an error was thrown where nobody catches it');
    });
  });
}

/** Logs an error, unless it logged one within the last second; how many it passed over stands in the next line. */
function createSparseLog(logger: Logger, message: string): (err: unknown) => void {
  let logged_ms = Number.NEGATIVE_INFINITY;
  let passed_over = 0;
  return (err) => {
    const now_ms = performance.now();
    if (now_ms - logged_ms < LOG_EVERY_MS) {
      passed_over++;
      return;
    }
    logger.error({ err, passed_over }, message);
    logged_ms = now_ms;
    passed_over = 0;
  };
}
