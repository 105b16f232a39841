// Work that comes round: each round begins so long after the last one ended, and one that fails is followed by the next.
// Promises that after `stop` nothing of it is under way.

import type { Bus } from '../bus/bus.ts';
import type { Timer } from '../model/env.ts';

export interface Rounds {
  start(): void;
  stop(): Promise<void>;
}

/** `failure` says in the log what failed and is tried again. */
export function createRounds(bus: Bus, every_ms: number, round: () => Promise<void>, failure: string): Rounds {
  let timer: Timer | null = null;
  let running: Promise<void> = Promise.resolve();
  let stopped = false;

  const schedule = () => {
    timer = bus.env.after(every_ms, () => {
      running = round()
        .catch((error) => bus.outage.failed(error, {}, failure))
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
