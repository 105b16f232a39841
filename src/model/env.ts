// Everything ambient: timers, random numbers, ids, the logger, and named crash points.
// Passed in everywhere, so that tests and chaos use the same seam as production.

import { randomBytes } from 'node:crypto';
import { newId } from './ids.ts';

export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Points at which a test may wait or kill the process; a no-op in production. */
export type ProbePoint =
  | 'before_claim'
  | 'after_claim'
  | 'before_handler'
  | 'after_handler'
  | 'before_settle'
  | 'in_settle'
  | 'after_settle'
  | 'in_transition'
  | 'in_reap'
  | 'in_chunk'
  | 'after_chunk'
  | 'in_operator_verb'
  | 'in_deadline'
  | 'in_job_slice'
  | 'in_prune_slice'
  | 'in_finish';

export interface Timer {
  clear(): void;
}

export interface Env {
  /** Monotonic milliseconds of this process; never written anywhere. */
  monotonicMs(): number;
  /** Calls back once after `ms`; `unref` timers do not keep the process alive. */
  after(ms: number, callback: () => void, options?: { unref?: boolean }): Timer;
  /** Resolves after `ms`, or as soon as the signal aborts. Leaves no listener on the signal. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** A uniform draw in [0,1). Not for chaos, whose rolls are seeded. */
  random(): number;
  /** A uuid v7 whose lane is `lane` of `lanes`. */
  newId(lane?: number, lanes?: number): string;
  logger: Logger;
  probe(point: ProbePoint, context?: object): void | Promise<void>;
}

const MAX_TIMEOUT_MS = 2_147_483_647;

export function createEnv(logger: Logger, overrides: Partial<Env> = {}): Env {
  const env: Env = {
    monotonicMs: () => performance.now(),
    after: (ms, callback, { unref = false } = {}) => {
      const timer = setTimeout(callback, Math.min(Math.max(ms, 0), MAX_TIMEOUT_MS));
      if (unref) timer.unref();
      return { clear: () => clearTimeout(timer) };
    },
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const timer = env.after(ms, done);
        signal?.addEventListener('abort', done);
        function done() {
          timer.clear();
          signal?.removeEventListener('abort', done);
          resolve();
        }
      }),
    random: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
    newId,
    logger,
    probe: () => {},
    ...overrides,
  };
  return env;
}

export const silentLogger: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
