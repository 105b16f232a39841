// The duplicate delivery: the handler runs twice at once, as when a lease was taken for lost too early.
// The first one's answer counts, also where it is an error; the other's is thrown away.

import { type Fault, percentOf } from './fault.ts';

export const duplicateFault: Fault<'duplicate'> = {
  name: 'duplicate',
  field: 'duplicate_pct',
  order: 8,
  results_in: 'success',
  failure: () => null,
  delayed: 'always',
  percent: percentOf('duplicate_pct'),
  async inject({ attempt, work }) {
    attempt.markFault('duplicate');
    // Each delivery has a payload of its own: what one does to it the other does not see.
    const copy = structuredClone(attempt.payload);
    const first = work();
    attempt.payload = copy;
    const [answer] = await Promise.allSettled([first, work()]);
    if (answer.status === 'rejected') throw answer.reason;
    return answer.value;
  },
};
