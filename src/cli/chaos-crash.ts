// An injected crash ends the worker process, so that its supervisor starts another one.
// Without a supervisor, in the first seconds of work and while draining, only the attempt ends.

import type { Env } from '../model/env.ts';
import { EXIT } from '../supervisor/exit.ts';

/**
 * A worker that crashes on its first claim completes nothing and loses all leases of that claim. After ten such crashes
 * the other commands of the claim would be parked, however small the crash percentage.
 */
const MIN_WORK_MS = 5_000;

export class ChaosCrash {
  readonly #env: Pick<Env, 'monotonicMs' | 'logger'>;
  #from_ms = Infinity;

  constructor(env: Pick<Env, 'monotonicMs' | 'logger'>) {
    this.#env = env;
  }

  /** The worker begins to work. */
  enable(): void {
    if (process.env.FAULTLINE_SUPERVISED === '1') this.#from_ms = this.#env.monotonicMs() + MIN_WORK_MS;
  }

  /** The worker drains. */
  disable(): void {
    this.#from_ms = Infinity;
  }

  /** Ends this process, or returns. */
  crash(): void {
    if (this.#env.monotonicMs() < this.#from_ms) return;
    this.#env.logger.warn({}, 'Chaos: a crash was injected, this worker ends at once');
    process.exit(EXIT.chaos_crash);
  }
}
