// The crash: the handler has begun, and its worker dies. Where the whole process may not, the attempt alone does.
// Promises that nothing of the attempt is ever settled, and that whatever its handler still comes to is heard by nobody.

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
    // Nobody listens while the handler takes its first steps, and what it throws meanwhile must not end the process in our place.
    going.catch(() => {});
    await new Promise((resolve) => void setImmediate(resolve));
    crash();
    attempt.dropOutcome();
    attempt.abandonLease();
    return going;
  },
};
