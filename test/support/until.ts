// Waiting in tests: for a condition or a signal, never for a length of time.
// Promises to return as soon as the condition holds, and to fail with what was last seen.

import { inspect } from 'node:util';

export interface UntilOptions {
  /** How long to wait before giving up. */
  deadline_ms?: number;
  /** How long between two looks. */
  every_ms?: number;
}

/**
 * Looks again and again until `look` answers something truthy, and returns that.
 * A look that throws counts as "not yet". Fails at the deadline, naming `what`, the last answer and the last error.
 */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  { deadline_ms = 30_000, every_ms = 15 }: UntilOptions = {},
): Promise<Exclude<T, null | undefined | false | 0 | ''>> {
  const startedMs = performance.now();
  let looks = 0;
  let answer: T | undefined;
  let failure: unknown;
  do {
    if (looks > 0) await pause(every_ms);
    looks++;
    try {
      answer = await look();
      failure = undefined;
    } catch (error) {
      failure = error;
    }
    if (failure === undefined && answer) return answer as Exclude<T, null | undefined | false | 0 | ''>;
  } while (performance.now() - startedMs < deadline_ms);

  const seen = failure === undefined ? inspect(answer, { depth: 6 }) : `an error: ${inspect(failure)}`;
  throw new Error(`Waited ${deadline_ms} ms (${looks} looks) until ${what}; last seen: ${seen}`, { cause: failure });
}

/** A promise with its own handles, for tests that must await a signal from inside the code under test. */
export interface Signal<T = void> {
  promise: Promise<T>;
  fire(value: T): void;
}

/** Makes a signal; awaiting `promise` fails with `what` when it was not fired by the deadline. */
export function signal<T = void>(what: string, { deadline_ms = 30_000 }: UntilOptions = {}): Signal<T> {
  let fire!: (value: T) => void;
  const promise = new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`No signal within ${deadline_ms} ms: ${what}`)), deadline_ms);
    fire = (value) => {
      clearTimeout(timer);
      resolve(value);
    };
  });
  // A rejection before anything awaits the signal must not end the test process; a later await still sees it.
  promise.catch(() => {});
  return { promise, fire };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
