// The duplicate delivery: the handler runs twice at once, as if its lease had been lost too early.
// The result of the first run counts, even an error; the other is discarded.

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
    // Each delivery has its own copy of the payload.
    const copy = structuredClone(attempt.payload);
    const first = work();
    attempt.payload = copy;
    const [answer] = await Promise.allSettled([first, work()]);
    if (answer.status === 'rejected') throw answer.reason;
    return answer.value;
  },
};
