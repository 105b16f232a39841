// faultline serve alone: the server as a process of its own, beside which no worker runs.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, onTestFinished, test, vi } from 'vitest';
import { commands, openLab } from '../bus/lab.ts';
import { killFaultlines, runFaultline, SLOW } from '../support/command-line.ts';
import { findTestPort } from '../support/ports.ts';
import { until } from '../support/until.ts';

vi.setConfig({ testTimeout: 90_000 });

afterAll(killFaultlines);

test('settles attempts whose lease ran out, as no worker is there to do it', async () => {
  const lab = await openLab();
  const [id = ''] = await lab.send(...commands(1));
  await lab.claim();
  await lab.expire(id);
  const port = await findTestPort();
  const line = await runFaultline(['serve', '--database-url', lab.url, '--port', String(port)]);
  await until('it can be taken again', async () => (await lab.commandOf(id)).status === 'PENDING', SLOW);
  expect(await lab.attemptsOf(id)).toMatchObject([{ outcome: 'lease_expired', effect: 'RETRY' }]);
  line.child.kill('SIGTERM');
  expect((await line.ended).code).toBe(0);
});

test('serves although its data folder cannot be created, which only documents on this disk need', async () => {
  const lab = await openLab();
  const folder = await mkdtemp(join(tmpdir(), 'faultline-serve-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'file');
  await writeFile(file, '');
  const port = await findTestPort();
  const args = ['serve', '--database-url', lab.url, '--data-dir', join(file, 'data'), '--port', String(port)];
  const line = await runFaultline(args);
  const ready = () => fetch(`http://127.0.0.1:${port}/api/v1/health/ready`).catch(() => null);
  await until('it is ready', async () => (await ready())?.status === 200, SLOW);
  expect(line.said.stdout).toContain('cannot be created');
  line.child.kill('SIGTERM');
  expect((await line.ended).code).toBe(0);
});
