// An application for tests of whole processes: one step, whose first attempt holds its lease until its worker ends.
// Loaded by path with --app, as a user's own would be.

import { defineProcess } from 'faultline';
import { z } from 'zod';

const Holding = defineProcess({
  type: 'Holding',
  version: 1,
  domain: 'holding',
  input: z.strictObject({ hold: z.boolean() }),
  state: z.looseObject({ hold: z.boolean() }),
  start: ({ hold }) => ({ hold }),
  steps: [{ key: 'hold', command: 'Hold', request: ({ hold }) => ({ hold }) }],
});

export const application = {
  name: 'holding',
  processes: [Holding],
  register(registry) {
    registry.register('holding', 'Hold', ({ hold }, { command, signal }) => {
      if (!hold || command.attempts > 1) return { attempt: command.attempts };
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    });
  },
};
