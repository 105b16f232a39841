// The crash: the worker dies after the handler has begun; where the process must live, only the attempt dies.
// The attempt is never settled, and any later result of its handler is discarded.

import { timedOutBy } from '../../model/command.ts';
import { type Fault, percentOf } from './fault.ts';

export const crashFault: Fault<'crash'> = {
  name: 'crash',
  field: 'crash_pct',
  order: 5,
  results_in: 'lease_expired',
  failure: () => timedOutBy('crash'),
  delayed: 'always',
  percent: percentOf('crash_pct'),
  async inject({ attempt, work, crash }) {
    const going = work();
    // An early rejection of the handler must not end the process.
    going.catch(() => {});
    await new Promise((resolve) => void setImmediate(resolve));
    crash();
    attempt.dropOutcome();
    attempt.abandonLease();
    return going;
  },
};
