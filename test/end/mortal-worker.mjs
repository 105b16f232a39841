// A worker that kills itself, outright, when it has come to a named point so many times. Run as a process of its own:
// node mortal-worker.mjs <database url> <worker id> <worker it replaces, or -> <point, or -> <times>

import { createEnv, defineProcess, openService, silentLogger } from 'faultline';
import { z } from 'zod';

const [url, worker_id, replaces, point, times] = process.argv.slice(2);
const KEYS = ['take', 'make', 'give'];

const Relay = defineProcess({
  type: 'Relay',
  version: 1,
  domain: 'relay',
  input: z.strictObject({}),
  state: z.object({ done: z.array(z.string()) }),
  start: () => ({ done: [] }),
  steps: KEYS.map((key) => ({
    key,
    command: `Do${key}`,
    request: (_state, { process_id }) => ({ process_id, key }),
    onReply: (state) => ({ done: [...state.done, key] }),
    compensate: { command: 'Undo', request: () => ({}) },
  })),
});

const application = {
  name: 'relay',
  processes: [Relay],
  register(registry, { pool }) {
    // An effect that is seen outside of the bus: how often each step was really made.
    const effect = ({ process_id, key }) =>
      pool.query(
        `insert into effect values ($1, $2, 1) on conflict (process_id, key) do update set times = effect.times + 1`,
        [process_id, key],
      );
    for (const key of KEYS) registry.register('relay', `Do${key}`, effect);
    registry.register('relay', 'Undo', () => ({}));
  },
};

let passed = 0;
const env = createEnv(silentLogger, {
  probe: (at) => {
    if (at === point && ++passed === Number(times)) process.kill(process.pid, 'SIGKILL');
  },
});
const service = await openService({ url, env, application, data_dir: '' });
const worker = service.createWorker({ worker_id, slots: 20, ...(replaces === '-' ? {} : { replaces }) });
await worker.start();
process.once('SIGTERM', async () => {
  await worker.stop();
  await service.close();
});
