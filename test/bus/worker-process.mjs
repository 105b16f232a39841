// A worker in a process of its own, for tests that kill it: node worker-process.mjs <database url> <worker id> [replaced id]
// Its handler ends at once, or never where the payload says so and it is the first attempt.

import { createEnv, openService, silentLogger } from 'faultline';

// Leaves with the test that started it, however that ends.
process.stdin.resume().on('end', () => process.exit(1));

const [url, worker_id, replaces] = process.argv.slice(2);

const service = await openService({
  url,
  env: createEnv(silentLogger),
  data_dir: '',
  application: {
    name: 'killed',
    processes: [],
    register: (registry) =>
      registry.register('lab', 'Work', ({ hold }, { command }) =>
        hold && command.attempts === 1 ? new Promise(() => {}) : { attempt: command.attempts },
      ),
  },
});
await service.createWorker({ worker_id, replaces }).start();
