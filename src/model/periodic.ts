// Work that comes round: each round begins so long after the last one ended, and one that fails is followed by the next.
// Promises that after `stop` nothing of it is under way.

import type { Env, Timer } from './env.ts';

/** What rounds are made with: a bus has it all. */
export interface PeriodicTaskContext {
  env: Pick<Env, 'after'>;
  outage: { failed(error: unknown, fields: object, message: string): void };
}

export interface PeriodicTask {
  start(): void;
  stop(): Promise<void>;
}

/** `failure` says in the log what failed and is tried again. */
export function createPeriodicTask(
  { env, outage }: PeriodicTaskContext,
  every_ms: number,
  round: () => Promise<void>,
  failure: string,
): PeriodicTask {
  let timer: Timer | null = null;
  let running: Promise<void> = Promise.resolve();
  let stopped = false;

  const schedule = () => {
    timer = env.after(every_ms, () => {
      running = round()
        .catch((error) => outage.failed(error, {}, failure))
        .finally(() => void (stopped || schedule()));
    });
  };

  return {
    start: schedule,
    async stop() {
      stopped = true;
      timer?.clear();
      await running;
    },
  };
}
