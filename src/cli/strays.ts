// Errors that nobody caught, of a process that runs other people's code: a promise left floating that rejects, a throw in a timer or
// an event listener. Promises that neither ends the process there and then, and with it the work of everybody else.

import type { Logger } from '../model/env.ts';
import { EXIT } from './exit.ts';

/** More than a worker takes to drain, and longer than any request. */
const ORDER_MS = 45_000;

/**
 * From now on such errors are logged. A rejected promise leaves nothing behind. After an exception the code that it went through may
 * be in any state, also code that is not the application's: resolves with a reason to replace this process, in order. Whatever keeps it
 * from its end is cut off after `order_ms`.
 */
export function catchStrays(logger: Logger, order_ms = ORDER_MS): Promise<string> {
  process.on('unhandledRejection', (err) => {
    logger.error({ err }, 'A promise that nobody awaits was rejected, probably one that a handler left floating');
  });
  return new Promise((resolve) => {
    process.on('uncaughtException', (err) => {
      logger.error({ err }, 'An error was thrown where nobody catches it, probably in a callback of a handler');
      setTimeout(() => process.exit(EXIT.failed), order_ms).unref();
      resolve('an error was thrown where nobody catches it');
    });
  });
}
