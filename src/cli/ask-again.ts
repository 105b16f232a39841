// Asking again while nobody answers: for whoever waits for what takes longer than an outage, such as one that chaos makes.
// Promises to say so once an outage, on stderr, and to give up with the last failure after a minute without any answer.

import { setTimeout as pause } from 'node:timers/promises';
import { CliError, EXIT } from '../supervisor/exit.ts';
import { remark } from './print.ts';

/** Nobody answered, or whoever did says that what stands behind it is away. */
export class NoAnswerError extends CliError {
  constructor(message: string, cause?: unknown) {
    super(message, EXIT.unavailable, cause);
  }
}

/** How often a request is made until it is answered. */
export type Ask = <T>(request: () => Promise<T>) => Promise<T>;

export interface Patience {
  give_up_ms: number;
  every_ms: number;
}

const PATIENCE: Patience = { give_up_ms: 60_000, every_ms: 500 };

/** Whatever else fails, fails at once. */
export function askAgain({ give_up_ms, every_ms }: Patience = PATIENCE): Ask {
  let told = false;
  return async (request) => {
    const until_ms = performance.now() + give_up_ms;
    for (;;) {
      try {
        const answer = await request();
        told = false;
        return answer;
      } catch (error) {
        if (!(error instanceof NoAnswerError) || performance.now() > until_ms) throw error;
        if (!told) remark(`${error.message} Asking again for up to ${Math.ceil(give_up_ms / 1_000)} s.`);
        told = true;
        await pause(every_ms);
      }
    }
  };
}
