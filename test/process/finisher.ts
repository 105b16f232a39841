// A finisher whose rounds a test calls, on a clock that it sets.

import type { Bus } from '../../src/bus/bus.ts';
import { createFinisher } from '../../src/process/finish.ts';
import { until } from '../support/until.ts';

export function openFinisher(bus: Bus) {
  let due: (() => void) | null = null;
  const clock = { now_ms: 0, count_ms: 0 };
  createFinisher({
    ...bus,
    env: {
      ...bus.env,
      monotonicMs: () => {
        clock.now_ms += clock.count_ms;
        return clock.now_ms;
      },
      after: (_ms, callback) => {
        due = callback;
        return { clear: () => {} };
      },
    },
  }).start();
  return {
    clock,
    async round() {
      const run = due as () => void;
      due = null;
      run();
      await until('the round is over', () => due !== null);
    },
  };
}
