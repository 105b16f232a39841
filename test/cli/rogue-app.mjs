// An application whose handlers do what no handler may: never give the event loop back, leave promises floating, throw in a callback,
// end the process. Loaded by path with --app, as a user's own would be.

import { defineProcess } from 'faultline';
import { z } from 'zod';

const Rogue = defineProcess({
  type: 'Rogue',
  version: 1,
  domain: 'rogue',
  input: z.strictObject({ deed: z.enum(['none', 'spin', 'float', 'throw', 'exit']) }),
  state: z.looseObject({ deed: z.string() }),
  start: ({ deed }) => ({ deed }),
  steps: [
    {
      key: 'do',
      command: 'Do',
      request: ({ deed }) => ({ deed }),
      onReply: (state) => {
        // Also where the verdict replays it.
        if (state.deed === 'float') DEEDS.float();
        return state;
      },
    },
  ],
});

const DEEDS = {
  none: () => {},
  spin: () => {
    for (;;);
  },
  float: () => void Promise.reject(new Error('left floating')),
  throw: () =>
    void setImmediate(() => {
      throw new Error('thrown in a callback');
    }),
  exit: () => process.exit(1),
};

export const application = {
  name: 'rogue',
  processes: [Rogue],
  register(registry) {
    registry.register('rogue', 'Do', async ({ deed }) => {
      DEEDS[deed]();
      return {};
    });
  },
};
