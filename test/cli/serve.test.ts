// faultline serve alone: the server as a process of its own, beside which no worker runs.

import { afterAll, expect, test, vi } from 'vitest';
import { findFreePort } from '../../src/embedded/holders.ts';
import { commands, openLab } from '../bus/lab.ts';
import { killFaultlines, runFaultline, SLOW } from '../support/command-line.ts';
import { until } from '../support/until.ts';

vi.setConfig({ testTimeout: 90_000 });

afterAll(killFaultlines);

test('settles attempts whose lease ran out, as no worker is there to do it', async () => {
  const lab = await openLab();
  const [id = ''] = await lab.send(...commands(1));
  await lab.claim();
  await lab.expire(id);
  const port = await findFreePort();
  const line = await runFaultline(['serve', '--database-url', lab.url, '--port', String(port)]);
  await until('it can be taken again', async () => (await lab.commandOf(id)).status === 'PENDING', SLOW);
  expect(await lab.attemptsOf(id)).toMatchObject([{ outcome: 'lease_expired', effect: 'RETRY' }]);
  line.child.kill('SIGTERM');
  expect((await line.ended).code).toBe(0);
});
