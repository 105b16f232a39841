// A worker that stops: takes no more, lets handlers end, gives the rest back, and resolves whatever the database does.

import { expect, test } from 'vitest';
import { cancelCommand } from '../../src/bus/troubleshooting.ts';
import { createWorker } from '../../src/bus/worker.ts';
import { createEnv, type Env, silentLogger } from '../../src/model/env.ts';
import { ConfigurationError } from '../../src/model/errors.ts';
import { signal, until } from '../support/until.ts';
import { commands, heldHandler, type Lab, openLab, openTerminableLab, policy } from './lab.ts';

/** Timers of 5 s (giving the database up, counting as a zombie) at once; others as they are. */
const IMPATIENT: Partial<Env> = {
  after: (ms, callback, options) => createEnv(silentLogger).after(ms === 5_000 ? 20 : ms, callback, options),
};

async function counts(lab: Lab): Promise<Record<string, number>> {
  const rows = await lab.rows('select status, count(*) from faultline.command group by 1');
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
}

test('C09: handlers under way end and are settled; nothing new is taken', async () => {
  const { calls, handler } = heldHandler();
  const lab = await openLab({ handler });
  await lab.send(...commands(3));
  const worker = await lab.work({ drain_ms: 60_000 });
  await until('three run', () => calls.length === 3);
  const stopped = worker.stop();
  await lab.send(...commands(2));
  for (const call of calls) {
    expect(call.signal.aborted).toBe(false);
    call.end('done');
  }
  await stopped;
  expect(await counts(lab)).toEqual({ COMPLETED: 3, PENDING: 2 });
  expect(calls).toHaveLength(3);
});

test('what does not end in time is told to stop, given back, and done by another worker', async () => {
  const { calls, handler } = heldHandler();
  const lab = await openLab({ handler });
  const [id = ''] = await lab.send(...commands(1, policy({ max_attempts: 1, backoff_ms: [600_000] })));
  const worker = await lab.work({ drain_ms: 0 });
  const call = await until('it runs', () => calls[0]);
  const settling = lab.hold('before_settle');
  const stopped = worker.stop();
  await settling.reached;
  expect((call.signal.reason as Error).message).toBe('The worker is stopping.');
  // It ends after all, while it is being given back: too late.
  call.end('not wanted any more');
  settling.release();
  await stopped;
  expect(await lab.commandOf(id)).toMatchObject({
    status: 'PENDING',
    attempts: 1,
    attempts_limit: 2,
    interruptions: 0,
    result: null,
  });
  expect(await lab.attemptsOf(id)).toMatchObject([{ outcome: 'released', effect: 'RELEASED' }]);

  await lab.work();
  (await until('it runs again', () => calls[1])).end('done');
  await until('it is done', async () => (await lab.commandOf(id)).status === 'COMPLETED');
  expect(await lab.commandOf(id)).toMatchObject({ result: 'done', attempts: 2 });
  expect(await lab.eventsOf(id)).toEqual([]);
});

test('stopping twice is stopping once, and stopping what never started is nothing', async () => {
  const { calls, handler } = heldHandler();
  const lab = await openLab({ handler });
  await lab.send(...commands(1));
  const worker = await lab.work({ drain_ms: 60_000 });
  const call = await until('it runs', () => calls[0]);
  const both = [worker.stop(), worker.stop()];
  call.end();
  await Promise.all(both);
  await worker.stop();
  expect(await counts(lab)).toEqual({ COMPLETED: 1 });
  await createWorker({ bus: lab.bus, registry: lab.service.registry, domains: ['lab'] }).stop();
});

test.each(['before_claim', 'after_claim'] as const)('a claim under way (%s) is seen through', async (point) => {
  const lab = await openLab({ handler: () => 'done' });
  await lab.send(...commands(4));
  const claiming = lab.hold(point);
  const worker = await lab.work({ drain_ms: 60_000 });
  await claiming.reached;
  const stopped = worker.stop();
  claiming.release();
  await stopped;
  expect(await counts(lab)).toEqual({ COMPLETED: 4 });
});

test('with results waiting for a database that is away, it gives up in the end; leases do the rest', async () => {
  const { lab, network } = await openTerminableLab({ handler: () => 'done', env: IMPATIENT });
  await lab.send(...commands(900));
  const settling = lab.hold('before_settle', 1_000);
  const worker = await lab.work({ slots: 200 });
  await settling.reached;
  await until('claiming waits for the backlog to shrink', async () => {
    const { IN_PROGRESS } = await counts(lab);
    return (IN_PROGRESS ?? 0) >= 500;
  });
  network.down();
  settling.release();
  await worker.stop();
  network.up();
  const { COMPLETED = 0, IN_PROGRESS = 0, PENDING = 0 } = await counts(lab);
  expect([COMPLETED, IN_PROGRESS + PENDING]).toEqual([0, 900]);

  await lab.rows(`update faultline.command set lease_expires_at = now() where status = 'IN_PROGRESS'`);
  await lab.work({ slots: 200 });
  await until('all are done', async () => (await counts(lab)).COMPLETED === 900);
  const [row] = await lab.rows(`select count(*) from faultline.attempt where effect = 'COMPLETED'`);
  expect(row).toEqual({ count: 900 });
});

test('handlers that ignore their abort are told of, keep their slots, and make the worker unhealthy', async () => {
  const told: object[] = [];
  const unhealthy = signal<string>('the worker is unhealthy');
  const { calls, handler } = heldHandler();
  const lab = await openLab({
    handler,
    env: { ...IMPATIENT, logger: { ...silentLogger, error: (fields, message) => told.push({ ...fields, message }) } },
  });
  const sent = await lab.send(...commands(3));
  const worker = await lab.work({ slots: 3, onUnhealthy: unhealthy.fire });
  await until('three run', () => calls.length === 3);
  const deaf = calls.slice(0, 2);
  for (const { command } of deaf) await cancelCommand(lab.bus, command.command_id, { actor: 'ann', reason: 'Enough.' });
  expect(await unhealthy.promise).toMatch(/more than half of the slots/);
  const message = 'handler ignores its abort';
  expect(told).toHaveLength(2);
  for (const { command } of deaf)
    expect(told).toContainEqual({ command_id: command.command_id, type: 'Work', message });

  // One slot is left of three, and the one command in it still has it.
  await lab.send(...commands(2));
  calls[2]?.end();
  await until('the free slot is used again', () => calls.length === 4);
  calls[3]?.end();
  const last = await until('and again', () => calls[4]);
  expect(calls).toHaveLength(5);
  last.end();
  await until('three are done', async () => (await counts(lab)).COMPLETED === 3);

  // They end at last, and their slots are free again.
  for (const call of deaf) call.end('at last');
  await lab.send(...commands(3));
  await until('three run at the same time', () => calls.length === 8);
  for (const call of calls.slice(5)) call.end();
  await worker.stop();
  expect(sent).toHaveLength(3);
});

test('a worker is listed while it lives, with what it does, and as stopped when it has stopped', async () => {
  const { calls, handler } = heldHandler();
  const lab = await openLab({ handler });
  await lab.send(...commands(2));
  const worker = await lab.work({ name: 'the one', slots: 7, drain_ms: 60_000 });
  await until('two run', () => calls.length === 2);
  const row = () =>
    lab.rows('select worker_id, name, pid, domains, slots, status, in_flight, settled_count from faultline.worker');
  const facts = { worker_id: worker.worker_id, name: 'the one', pid: process.pid, domains: ['lab'], slots: 7 };
  await until('it tells what it does', async () => (await row())[0]?.in_flight === 2);
  expect(await row()).toEqual([{ ...facts, status: 'RUNNING', in_flight: 2, settled_count: 0 }]);
  for (const call of calls) call.end();
  await worker.stop();
  expect(await row()).toEqual([{ ...facts, status: 'STOPPED', in_flight: 0, settled_count: 2 }]);
});

test('a worker with nothing to work on is a mistake, told at once', async () => {
  const lab = await openLab();
  expect(() => createWorker({ bus: lab.bus, registry: lab.service.registry, domains: [] })).toThrow(ConfigurationError);
});
