// A worker's death by chaos: what an injected crash does to a process that a supervisor will start again.
// Promises that none dies in its first seconds of work, nor while it drains: then the attempt alone is lost.

import type { Env } from '../model/env.ts';
import { EXIT } from '../supervisor/exit.ts';

/**
 * How long a worker works before it may die. One that dies of its first claims does no work at all, and takes its whole claim along
 * each time: after ten such deaths the innocent neighbours of what crashes would be taken for poison (10 lost leases), however few
 * of a hundred attempts were to crash.
 */
const WORKS_AT_LEAST_MS = 5_000;

export interface Mortality {
  /** From now on its life is counted. */
  begin(): void;
  /** It dies no more. */
  end(): void;
  /** Ends this process at once, or returns. */
  crash(): void;
}

/** Of a process that has a supervisor; any other never dies of chaos, since nobody would start it again. */
export function createMortality(env: Pick<Env, 'monotonicMs' | 'logger'>): Mortality {
  const supervised = process.env.FAULTLINE_SUPERVISED === '1';
  let mortal_from_ms = Infinity;
  return {
    begin: () => {
      if (supervised) mortal_from_ms = env.monotonicMs() + WORKS_AT_LEAST_MS;
    },
    end: () => {
      mortal_from_ms = Infinity;
    },
    crash: () => {
      if (env.monotonicMs() < mortal_from_ms) return;
      env.logger.warn({}, 'Chaos: a crash was injected, this worker ends at once');
      process.exit(EXIT.chaos_crash);
    },
  };
}
