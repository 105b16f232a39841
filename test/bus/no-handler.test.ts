// A type without a handler here: given back, later each time and without having counted, and parked where no one takes it.

import { expect, test } from 'vitest';
import { retryCommand } from '../../src/bus/troubleshooting.ts';
import { createEnv, silentLogger } from '../../src/model/env.ts';
import { until } from '../support/until.ts';
import { command, type Lab, openLab } from './lab.ts';

/** Lets the worker meet a command that waits to be taken again; how long it would have waited, in s. */
async function meetAgain(lab: Lab, id: string, attempts: number): Promise<number> {
  await until(`it was given back ${attempts} times`, async () => (await lab.attemptsOf(id)).length === attempts);
  const [attempt] = (await lab.attemptsOf(id)).slice(-1);
  expect(attempt).toMatchObject({ outcome: 'released', effect: 'RELEASED', error_code: 'NO_HANDLER' });
  expect(await lab.commandOf(id)).toMatchObject({ status: 'PENDING', attempts, attempts_limit: 3 + attempts });
  await lab.rows('update faultline.command set available_at = now() where command_id = $1', [id]);
  lab.bus.notifier.wake('lab');
  return Math.round((Number(attempt?.retry_at) - Number(attempt?.ended_at)) / 1_000);
}

const parked = (lab: Lab, id: string) =>
  until('it is parked', async () => (await lab.commandOf(id)).status === 'IN_TROUBLESHOOTING_QUEUE');

test('is given back for 1, 5 and 25 s, and parked when met for the fourth time; each time the log says so', async () => {
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (_fields: object, message: string) => void warnings.push(message) };
  const lab = await openLab({ handler: () => null, env: { logger } });
  const [id = '', known = ''] = await lab.send(command({ type: 'Unheard' }), command());
  await lab.work();
  for (const [index, seconds] of [1, 5, 25].entries()) expect(await meetAgain(lab, id, index + 1)).toBe(seconds);
  await parked(lab, id);
  expect(await lab.commandOf(id)).toMatchObject({
    attempts: 4,
    park_reason: 'PERMANENT',
    error_code: 'NO_HANDLER',
    error_message: 'No handler is registered for lab/Unheard.',
  });
  expect(await lab.commandOf(known)).toMatchObject({ status: 'COMPLETED' });
  expect(warnings.filter((message) => message.startsWith('no handler for lab/Unheard'))).toEqual([
    'no handler for lab/Unheard: given back for 1000 ms',
    'no handler for lab/Unheard: given back for 5000 ms',
    'no handler for lab/Unheard: given back for 25000 ms',
    'no handler for lab/Unheard: parked',
  ]);
});

test('an operator’s retry gives all three back', async () => {
  const lab = await openLab({ handler: () => null });
  const [id = ''] = await lab.send(command({ type: 'Unheard' }));
  await lab.work();
  for (const attempts of [1, 2, 3]) await meetAgain(lab, id, attempts);
  await parked(lab, id);
  await retryCommand(lab.bus, id, { actor: 'Ada' });
  await until('it was given back again', async () => (await lab.attemptsOf(id)).length === 5);
  expect((await lab.attemptsOf(id)).map(({ effect }) => effect)).toEqual([
    'RELEASED',
    'RELEASED',
    'RELEASED',
    'TSQ',
    'RELEASED',
  ]);
});

test('a worker that knows the type takes it, with all of its attempts', async () => {
  const lab = await openLab({ handler: () => null });
  const [id = ''] = await lab.send(command({ type: 'Newer' }));
  const old = await lab.work();
  await until('the old worker gave it back', async () => (await lab.attemptsOf(id)).length === 1);
  await old.stop();
  const calls: number[] = [];
  lab.service.registry.register('lab', 'Newer', (_payload, { command }) => {
    calls.push(command.attempts_limit - command.attempts);
    if (calls.length < 3) throw new Error('not yet');
  });
  await lab.rows('update faultline.command set available_at = now()');
  await lab.work();
  await until('it is done', async () => (await lab.commandOf(id)).status === 'COMPLETED');
  expect(calls).toEqual([2, 1, 0]);
});

test('internal work is never given up', async () => {
  const lab = await openLab({ handler: () => null, env: createEnv(silentLogger) });
  const [id = ''] = await lab.send(command({ type: 'NewerJob', purpose: 'job' }));
  await lab.work();
  for (const attempts of [1, 2, 3, 4, 5]) await meetAgain(lab, id, attempts);
});
