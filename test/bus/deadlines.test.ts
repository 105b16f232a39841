// Deadlines of commands: when they apply, what they do, and that one which cannot be ended keeps no other back.

import { describe, expect, test } from 'vitest';
import { expireDeadlines } from '../../src/bus/deadlines.ts';
import type { CommandTransition } from '../../src/bus/handlers.ts';
import { settleSet } from '../../src/bus/settle.ts';
import { retryCommand } from '../../src/bus/troubleshooting.ts';
import type { DeadlineAction } from '../../src/model/command.ts';
import { until } from '../support/until.ts';
import { command, commands, commandsOfLanes, heldHandler, item, type Lab, openLab } from './lab.ts';

const HOUR_MS = 3_600_000;
const within = (on_deadline: DeadlineAction) => ({ deadline: { deadline_ms: HOUR_MS, on_deadline } });

/** As if the hour had passed. */
const pass = (lab: Lab, ...ids: string[]) =>
  lab.pool.query('update faultline.command set deadline_at = now() where command_id = any($1)', [ids]);

const MESSAGE = 'The deadline of the command, 3600000 ms, has passed.';

describe('P09: a command that is not settled in time', () => {
  test('tsq: parked for an operator, whose retry gives it its whole time again', async () => {
    const lab = await openLab();
    const [id] = (await lab.send(command({ ...within('tsq'), reply_to: 'asked' }))) as [string];
    expect(await expireDeadlines(lab.bus, 0)).toBe(0);
    await pass(lab, id);
    expect(await expireDeadlines(lab.bus, 0)).toBe(1);
    expect(await lab.commandOf(id)).toMatchObject({
      status: 'IN_TROUBLESHOOTING_QUEUE',
      park_reason: 'DEADLINE_EXCEEDED',
      error_code: 'DEADLINE_EXCEEDED',
      error_message: MESSAGE,
      error_group: 'DEADLINE_EXCEEDED: The deadline of the command, <n> ms, has passed.',
      parked_at: expect.any(Date),
    });
    expect(await lab.eventsOf(id)).toMatchObject([
      { type: 'DEADLINE_EXCEEDED', details: { whose: 'command', action: 'tsq', deadline_ms: HOUR_MS } },
    ]);
    expect(await lab.repliesOf(id)).toEqual([]);
    // An operator has it, however late it is.
    expect(await expireDeadlines(lab.bus, 0)).toBe(0);

    await retryCommand(lab.bus, id, { actor: 'ada' });
    const [left] = await lab.rows(`select deadline_at > now() + interval '59 minutes' as ok from faultline.command`);
    expect(left).toEqual({ ok: true });
    expect(await expireDeadlines(lab.bus, 0)).toBe(0);
  });

  test.each(['fail', 'compensate'] as const)('%s: FAILED, and its sender is told', async (action) => {
    const lab = await openLab();
    const [id] = (await lab.send(command({ ...within(action), reply_to: 'asked' }))) as [string];
    await pass(lab, id);
    expect(await expireDeadlines(lab.bus, 0)).toBe(1);
    expect(await lab.commandOf(id)).toMatchObject({ status: 'FAILED', error_code: 'DEADLINE_EXCEEDED' });
    expect(await lab.repliesOf(id)).toMatchObject([
      { queue: 'asked', outcome: 'FAILED', error_code: 'DEADLINE_EXCEEDED', error_message: MESSAGE },
    ]);
  });

  test('a worker looks for it; the attempt under way ends with it, and the signal of its handler fires', async () => {
    const { calls, handler } = heldHandler();
    const lab = await openLab({ handler });
    await lab.work();
    const [id] = (await lab.send(command(within('tsq')))) as [string];
    await until('it is under way', () => calls.length === 1);
    await pass(lab, id);
    await until('the signal fires', () => calls[0]?.signal.aborted);
    expect(await lab.attemptsOf(id)).toMatchObject([
      { attempt: 1, outcome: 'canceled', effect: 'TSQ', reason: 'DEADLINE_EXCEEDED' },
    ]);
    calls[0]?.end();
  });
});

test('one that was settled in time has no deadline any more, nor has one in the troubleshooting queue', async () => {
  const lab = await openLab();
  const ids = await lab.send(...commands(2, within('fail')));
  const [done, parked] = await lab.claim();
  if (done === undefined || parked === undefined) throw new Error('nothing was claimed');
  await settleSet(lab.bus, [
    item(done, { kind: 'success' }),
    item(parked, { kind: 'permanent', error_code: 'BROKEN' }),
  ]);
  await pass(lab, ...ids);
  expect(await expireDeadlines(lab.bus, 0)).toBe(0);
  expect(await lab.commandOf(parked.command_id)).toMatchObject({ error_code: 'BROKEN' });
});

test('of a settle and a deadline one wins', async () => {
  const lab = await openLab({ lanes: 3 });
  const sent = commandsOfLanes(60, 3).map((one) => ({ ...one, ...within('fail'), reply_to: 'asked' }));
  const ids = await lab.send(...sent);
  const claimed = (await Promise.all([0, 1, 2].map((lane) => lab.claim(100, { lane })))).flat();
  await pass(lab, ...ids);
  const expiring = [0, 1, 2].map((lane) => expireDeadlines(lab.bus, lane));
  const settling = claimed.map((one) => settleSet(lab.bus, [item(one, { kind: 'success' })]));
  const settled = (await Promise.all(settling)).flat().length;
  let expired = (await Promise.all(expiring)).reduce((sum, count) => sum + count, 0);
  // What was locked was passed over.
  for (const lane of [0, 1, 2]) expired += await expireDeadlines(lab.bus, lane);
  expect(settled + expired).toBe(60);
  for (const id of ids) {
    const { status } = await lab.commandOf(id);
    const won = status === 'COMPLETED' ? ['success', 'SUCCESS'] : ['canceled', 'FAILED'];
    expect(await lab.attemptsOf(id)).toMatchObject([{ attempt: 1, outcome: won[0] }]);
    expect(await lab.repliesOf(id)).toMatchObject([{ outcome: won[1] }]);
  }
});

test('what someone has locked is passed over', async () => {
  const lab = await openLab();
  const [locked, free] = (await lab.send(...commands(2, within('tsq')))) as [string, string];
  await pass(lab, locked, free);
  const held = lab.hold('in_settle');
  const claimed = (await lab.claim()).find(({ command_id }) => command_id === locked);
  if (claimed === undefined) throw new Error('it was not claimed');
  const settling = settleSet(lab.bus, [item(claimed, { kind: 'success' })]);
  await held.reached;
  expect(await expireDeadlines(lab.bus, 0)).toBe(1);
  held.release();
  await settling;
  expect(await lab.commandOf(locked)).toMatchObject({ status: 'COMPLETED' });
  expect(await lab.commandOf(free)).toMatchObject({ status: 'IN_TROUBLESHOOTING_QUEUE' });
});

test('one that cannot even be parked keeps no other back, and is tried again', async () => {
  let bad: string | null = '';
  const onTransitions = async (_tx: unknown, transitions: readonly CommandTransition[]) => {
    if (transitions.some(({ command }) => command.command_id === bad)) throw new Error('oops');
    return new Set<string>();
  };
  const lab = await openLab({ hooks: { onTransitions } });
  const ids = await lab.send(...commands(9, within('tsq')));
  bad = ids[0] as string;
  await pass(lab, ...ids);
  expect(await expireDeadlines(lab.bus, 0)).toBe(8);
  expect(await lab.commandOf(bad)).toMatchObject({ status: 'PENDING' });
  bad = null;
  expect(await expireDeadlines(lab.bus, 0)).toBe(1);
});

test('one of which what follows cannot be stored keeps no other back; an operator is asked about it', async () => {
  let bad = '';
  const onTransitions = async (_tx: unknown, transitions: readonly CommandTransition[]) => {
    if (transitions.some(({ kind, command }) => kind === 'replied' && command.command_id === bad))
      throw new Error('oops');
    return new Set<string>();
  };
  const lab = await openLab({ hooks: { onTransitions } });
  const ids = await lab.send(...commands(9, within('fail')));
  bad = ids[4] as string;
  await pass(lab, ...ids);
  expect(await expireDeadlines(lab.bus, 0)).toBe(9);
  for (const id of ids)
    expect(await lab.commandOf(id)).toMatchObject({ status: id === bad ? 'IN_TROUBLESHOOTING_QUEUE' : 'FAILED' });
});
