// The chain of the benchmarks: three steps without work, as an application that a thread can load.

import { z } from 'zod';
import { defineProcess } from '../dist/src/index.js';

const step = (key, command) => ({
  key,
  command,
  request: (state) => ({ n: state.n }),
  onReply: (state) => ({ ...state, n: state.n + 1 }),
  compensate: { command: 'Undo', request: () => ({ key }) },
});
export const chain = defineProcess({
  type: 'Chain',
  version: 1,
  domain: 'chain',
  input: z.strictObject({}),
  state: z.looseObject({ n: z.number() }),
  start: () => ({ n: 0 }),
  steps: [step('one', 'StepOne'), step('two', 'StepTwo'), step('three', 'StepThree')],
});

export const application = {
  name: 'bench',
  processes: [chain],
  register(registry) {
    for (const type of ['StepOne', 'StepTwo', 'StepThree', 'Undo'])
      registry.register('chain', type, () => ({ ok: true }));
  },
};

/** `pct` percent of each of the four faults on every step. */
export function behaviorOf(pct) {
  const each = { fail_permanent_pct: pct, fail_transient_pct: pct, fail_business_rule_pct: pct, timeout_pct: pct };
  return Object.fromEntries(chain.steps.map(({ key }) => [key, each]));
}
