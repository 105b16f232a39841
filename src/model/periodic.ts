// A task that repeats: each run begins a fixed time after the last one ended, and a failed run is followed by the next.
// After `stop`, no run is in progress.

import type { Env, Timer } from './env.ts';

/** Provides the timers of a task and receives its failures. A bus does both. */
export interface PeriodicTaskContext {
  env: Pick<Env, 'after'>;
  databaseHealth: { reportError(error: unknown, fields: object, message: string): void };
}

export interface PeriodicTaskOptions {
  every_ms: number;
  run(): Promise<void>;
  /** Logged when a run fails. */
  failure: string;
  /** Does not keep the process alive. */
  unref?: boolean;
}

export class PeriodicTask {
  readonly #context: PeriodicTaskContext;
  readonly #options: PeriodicTaskOptions;
  #timer: Timer | null = null;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(context: PeriodicTaskContext, options: PeriodicTaskOptions) {
    this.#context = context;
    this.#options = options;
  }

  start(): void {
    const { every_ms, unref } = this.#options;
    this.#timer = this.#context.env.after(every_ms, () => void this.#run(), { unref });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.clear();
    await this.#running;
  }

  #run(): void {
    const { run, failure } = this.#options;
    this.#running = run()
      .catch((error) => this.#context.databaseHealth.reportError(error, {}, failure))
      .finally(() => void (this.#stopped || this.start()));
  }
}
