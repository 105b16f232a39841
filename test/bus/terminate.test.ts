// Cancelling a command before it is settled: what becomes of it, who is told, and that of two who end it one wins.

import { expect, test } from 'vitest';
import { expireDeadlines } from '../../src/bus/deadlines.ts';
import { reapExpired } from '../../src/bus/reap.ts';
import { settleSet } from '../../src/bus/settle.ts';
import { cancelCommand } from '../../src/bus/troubleshooting.ts';
import { withTx } from '../../src/db/pool.ts';
import { PermanentCommandError, WrongStateError } from '../../src/model/errors.ts';
import { newId } from '../../src/model/ids.ts';
import { until } from '../support/until.ts';
import { command, commands, commandsOfLanes, heldHandler, item, type Lab, openLab } from './lab.ts';

const ADA = { actor: 'ada', reason: 'Enough.' };
const LATER = { deadline_ms: 3_600_000, on_deadline: 'tsq' as const };

const numbersOf = async (lab: Lab, id: string) => (await lab.attemptsOf(id)).map(({ attempt }) => attempt);

test('one that waits for a worker: CANCELED, its sender is told, and no worker takes it any more', async () => {
  const lab = await openLab();
  const [id] = (await lab.send(command({ reply_to: 'asked' }))) as [string];
  expect(await cancelCommand(lab.bus, id, ADA)).toEqual({ command_id: id, status: 'CANCELED' });
  expect(await lab.commandOf(id)).toMatchObject({
    status: 'CANCELED',
    error_code: 'OPERATOR_CANCELED',
    error_message: 'Enough.',
    settled_at: expect.any(Date),
  });
  expect(await lab.claim()).toEqual([]);
  expect(await lab.attemptsOf(id)).toEqual([]);
  expect(await lab.eventsOf(id)).toMatchObject([{ type: 'OPERATOR_CANCEL', ...ADA, attempt: null }]);
  expect(await lab.repliesOf(id)).toMatchObject([
    { queue: 'asked', outcome: 'CANCELED', error_code: 'OPERATOR_CANCELED', error_message: 'Enough.', result: null },
  ]);
});

test('one under way: its attempt ends with it, the signal of its handler fires long before a renewal, and its result is late', async () => {
  const { calls, handler } = heldHandler();
  const lab = await openLab({ handler });
  await lab.work();
  const [id, other] = (await lab.send(...commands(2))) as [string, string];
  await until('both are under way', () => calls.length === 2);
  const mine = calls.find((call) => call.command.command_id === id);
  const others = calls.find((call) => call.command.command_id === other);

  // The service of another process: its hint comes over the database. Leases are ten minutes, renewed after three.
  const another = await lab.openAnother();
  await until('the other service listens', async () => {
    const listening = `select 1 from pg_stat_activity
      where datname = current_database() and application_name = 'lab1 notifier' and query like 'listen%' and state = 'idle'`;
    return (await lab.rows(listening)).length;
  });
  await cancelCommand(another.bus, id, ADA);
  await until('the signal fires', () => mine?.signal.aborted);
  expect(others?.signal.aborted).toBe(false);
  expect(await lab.commandOf(id)).toMatchObject({ status: 'CANCELED', lease_expires_at: null });
  expect(await lab.attemptsOf(id)).toMatchObject([
    {
      attempt: 1,
      outcome: 'canceled',
      effect: 'CANCELED',
      error_code: 'OPERATOR_CANCELED',
      ended_at: expect.any(Date),
    },
  ]);

  mine?.end({ done: true });
  others?.end();
  await until('the result was refused', async () =>
    (await lab.eventsOf(id)).some(({ type }) => type === 'LATE_RESULT_DISCARDED'),
  );
  await until('the other completes', async () => (await lab.commandOf(other)).status === 'COMPLETED');
  expect(await lab.commandOf(id)).toMatchObject({ status: 'CANCELED', result: null });
  expect(await numbersOf(lab, id)).toEqual([1]);
});

test('where hints do not reach, the signal fires with the next renewal', async () => {
  const { calls, handler } = heldHandler();
  const lab = await openLab({ handler, listen: false });
  await lab.work();
  const another = await lab.openAnother({ listen: false });
  const [id] = (await lab.send(command({ policy: { max_attempts: 3, backoff_ms: [0], lease_ms: 600 } }))) as [string];
  await until('it is under way', () => calls.length === 1);
  await cancelCommand(another.bus, id, ADA);
  await until('the signal fires', () => calls[0]?.signal.aborted);
  calls[0]?.fail(calls[0].signal.reason);
});

test('one in the troubleshooting queue leaves it; what it failed with stands on its attempt', async () => {
  const lab = await openLab({
    handler: () => {
      throw new PermanentCommandError('BROKEN', 'It is broken.');
    },
  });
  await lab.work();
  const [id] = (await lab.send(command())) as [string];
  await until('it is parked', async () => (await lab.commandOf(id)).parked_at !== null);
  await cancelCommand(lab.bus, id, ADA);
  expect(await lab.commandOf(id)).toMatchObject({
    status: 'CANCELED',
    parked_at: null,
    error_code: 'OPERATOR_CANCELED',
  });
  expect(await lab.attemptsOf(id)).toMatchObject([{ attempt: 1, outcome: 'permanent', error_code: 'BROKEN' }]);
});

test('what is settled stays: 409 says as what; an unknown one is 404; what Faultline itself runs is not cancelled', async () => {
  const lab = await openLab();
  const [done, canceled, chunk] = (await lab.send(command(), command(), command({ purpose: 'chunk' }))) as string[];
  await cancelCommand(lab.bus, canceled as string, ADA);
  const claimed = (await lab.claim()).filter(({ command_id }) => command_id === done);
  await settleSet(
    lab.bus,
    claimed.map((one) => item(one, { kind: 'success', result: 1 })),
  );
  for (const [id, status] of [
    [done, 'COMPLETED'],
    [canceled, 'CANCELED'],
  ] as [string, string][]) {
    const before = await lab.commandOf(id);
    await expect(cancelCommand(lab.bus, id, ADA)).rejects.toMatchObject({
      code: 'WRONG_STATE',
      message: `The command is ${status}.`,
    });
    expect(await lab.commandOf(id)).toEqual(before);
  }
  await expect(cancelCommand(lab.bus, chunk as string, ADA)).rejects.toThrow(WrongStateError);
  expect(await lab.commandOf(chunk as string)).toMatchObject({ status: 'IN_PROGRESS' });
  await expect(cancelCommand(lab.bus, newId(), ADA)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test("in the caller's transaction: with it, or not at all; workers hear of it when it commits", async () => {
  const { calls, handler } = heldHandler();
  const lab = await openLab({ handler });
  await lab.work();
  const [id] = (await lab.send(command())) as [string];
  await until('it is under way', () => calls.length === 1);
  const oops = new Error('oops');
  const rolledBack = withTx(lab.pool, async (tx) => {
    await cancelCommand(lab.bus, id, ADA, { tx });
    throw oops;
  });
  await expect(rolledBack).rejects.toBe(oops);
  expect(await lab.commandOf(id)).toMatchObject({ status: 'IN_PROGRESS' });
  expect(await lab.eventsOf(id)).toEqual([]);
  await withTx(lab.pool, (tx) => cancelCommand(lab.bus, id, ADA, { tx }));
  await until('the signal fires', () => calls[0]?.signal.aborted);
  calls[0]?.end();
});

test('of a cancel and a settle one wins, and the other is told', async () => {
  const lab = await openLab({ lanes: 3 });
  const sent = commandsOfLanes(45, 3).map((one) => ({ ...one, reply_to: 'asked' }));
  await lab.send(...sent);
  const claimed = (await Promise.all([0, 1, 2].map((lane) => lab.claim(100, { lane })))).flat();
  expect(claimed).toHaveLength(45);
  const races = claimed.map(async (one, index) => {
    const settle = () => settleSet(lab.bus, [item(one, { kind: 'success', result: 1 })]);
    const cancel = () => cancelCommand(lab.bus, one.command_id, ADA).then(() => true, wrongState);
    // Neither always comes first.
    const both = index % 2 === 0 ? [cancel(), settle()] : [settle(), cancel()];
    const [first, second] = await Promise.all(both);
    const canceled = typeof first === 'boolean' ? first : (second as boolean);
    const settled = Array.isArray(first) ? first.length : (second as unknown[]).length;
    expect(canceled).toBe(settled === 0);
    expect(await lab.commandOf(one.command_id)).toMatchObject({ status: canceled ? 'CANCELED' : 'COMPLETED' });
    expect(await lab.attemptsOf(one.command_id)).toMatchObject([{ outcome: canceled ? 'canceled' : 'success' }]);
    expect(await lab.repliesOf(one.command_id)).toMatchObject([{ outcome: canceled ? 'CANCELED' : 'SUCCESS' }]);
  });
  await Promise.all(races);
});

test('of three operators who cancel a command one wins', async () => {
  const lab = await openLab();
  const ids = await lab.send(...commands(30));
  await lab.claim(10);
  for (const id of ids) {
    const cancels = [1, 2, 3].map(() => cancelCommand(lab.bus, id, ADA).then(() => true, wrongState));
    const won = await Promise.all(cancels);
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await lab.eventsOf(id)).toHaveLength(1);
  }
});

test('a settle that waits for a cancel to commit is late', async () => {
  const lab = await openLab();
  await lab.send(command());
  const [one] = await lab.claim();
  if (one === undefined) throw new Error('nothing was claimed');
  const held = lab.hold('in_operator_verb');
  const canceled = cancelCommand(lab.bus, one.command_id, ADA);
  await held.reached;
  const settled = settleSet(lab.bus, [item(one, { kind: 'success' })]);
  await until('the settle waits', async () => (await lab.rows('select 1 from pg_locks where not granted')).length > 0);
  held.release();
  expect(await settled).toEqual([]);
  await canceled;
  expect(await lab.commandOf(one.command_id)).toMatchObject({ status: 'CANCELED' });
});

test('with reap and with a deadline at the same moment: ended once, its attempts without a gap', async () => {
  const lab = await openLab();
  const ids = await lab.send(...commands(30, { deadline: LATER, reply_to: 'asked' }));
  await lab.claim();
  await lab.expire(...ids);
  await lab.pool.query('update faultline.command set deadline_at = now()');
  const cancels = ids.map((id) => cancelCommand(lab.bus, id, ADA).then(() => true, wrongState));
  const [expired] = await Promise.all([expireDeadlines(lab.bus, 0), reapExpired(lab.bus, 0), ...cancels]);
  // What a deadline parked, an operator may still cancel: so everything ends CANCELED, and nothing twice.
  expect(await Promise.all(cancels)).toEqual(ids.map(() => true));
  for (const id of ids) {
    expect(await lab.commandOf(id)).toMatchObject({ status: 'CANCELED', attempts: 1 });
    expect(await numbersOf(lab, id)).toEqual([1]);
    expect(await lab.repliesOf(id)).toHaveLength(1);
  }
  const parked = await lab.rows(`select 1 from faultline.event where type = 'DEADLINE_EXCEEDED'`);
  expect(parked).toHaveLength(expired);
});

function wrongState(error: unknown): false {
  expect(error).toBeInstanceOf(WrongStateError);
  return false;
}
