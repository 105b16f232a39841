// The router: a reply advances a process once, if it is the one awaited; what cannot be routed is kept.

import { beforeAll, describe, expect, test } from 'vitest';
import type { CommandTransition, TransitionCommand } from '../../src/bus/handlers.ts';
import { notifyTransitions } from '../../src/bus/transitions.ts';
import { withTx } from '../../src/db/pool.ts';
import type { Reply } from '../../src/model/command.ts';
import { newId } from '../../src/model/ids.ts';
import { chain, type Lab, type LabProcess, openLab } from './lab.ts';

const trip = chain(['book', 'pay', 'mail']);
const newer = chain(['book', 'pay'], { version: 2 });
const lab = await openLab({ processes: [trip, newer] });
const SUCCESS: Reply = { outcome: 'SUCCESS', result: {} };

/** A process whose first command is settled by no one: no worker has its domain. */
async function waiting(): Promise<LabProcess> {
  const batch_id = await lab.launch(trip);
  return lab.untilProcess(batch_id, 'WAITING_FOR_REPLY');
}

function command(process: { process_id: string }, fields: Partial<TransitionCommand> = {}): TransitionCommand {
  const { process_id } = process;
  return {
    command_id: newId(),
    lane: 0,
    domain: 'lab',
    type: 'Dobook',
    purpose: 'step',
    process_id,
    batch_id: null,
    step: 'book',
    correlation_id: process_id,
    reply_to: null,
    attempts: 1,
    policy: { max_attempts: 2, backoff_ms: [0], lease_ms: 30_000 },
    ...fields,
  };
}

const replied = (to: TransitionCommand, reply: Reply = SUCCESS): CommandTransition => ({
  kind: 'replied',
  command: to,
  reply,
});

/** Tells the hook, as settle does, in a transaction of its own. */
const tell = (...transitions: CommandTransition[]) => tellTo(lab, ...transitions);
const tellTo = ({ bus }: Lab, ...transitions: CommandTransition[]) =>
  withTx(bus.pool, (tx) => notifyTransitions(bus, tx, transitions));

const reread = async (process: LabProcess): Promise<LabProcess> => {
  const { rows } = await lab.pool.query('select * from faultline.process where process_id = $1', [process.process_id]);
  return rows[0];
};

async function parkedReplies({ process_id }: { process_id: string }) {
  const { rows } = await lab.pool.query(
    'select queue, command_id, correlation_id, outcome, result, error_code, note from faultline.reply where process_id = $1',
    [process_id],
  );
  return rows;
}

beforeAll(async () => {
  await lab.work({ domains: ['faultline'] });
});

describe('a reply', () => {
  test('of the awaited command advances the process, and the same again changes nothing and is recorded', async () => {
    const process = await waiting();
    const reply = replied(command(process, { command_id: process.awaiting_command_id as string }));
    expect(await tell(reply)).toEqual(new Set(['lab']));
    const advanced = await reread(process);
    expect(advanced).toMatchObject({ current_step: 'pay', path: ['book', 'pay'], state: { done: ['book'] } });
    expect(advanced.command_ids).toEqual([process.awaiting_command_id, advanced.awaiting_command_id]);

    expect(await tell(reply)).toEqual(new Set());
    expect(await reread(process)).toEqual(advanced);
    expect(await lab.commands(process)).toHaveLength(2);
    expect(await lab.events(process)).toMatchObject([
      {
        type: 'REPLY_IGNORED',
        command_id: process.awaiting_command_id,
        details: { outcome: 'SUCCESS', status: 'WAITING_FOR_REPLY' },
      },
    ]);
  });

  test('twice in one set advances once', async () => {
    const process = await waiting();
    const reply = replied(command(process, { command_id: process.awaiting_command_id as string }));
    await tell(reply, reply);
    expect(await reread(process)).toMatchObject({ path: ['book', 'pay'], state: { done: ['book'] } });
    expect(await lab.commands(process)).toHaveLength(2);
    expect(await lab.events(process)).toMatchObject([{ type: 'REPLY_IGNORED' }]);
  });

  test('twice at the same moment advances once', async () => {
    const process = await waiting();
    // As every caller does, the command is locked before its process is told.
    const lockThenTell = () =>
      withTx(lab.bus.pool, async (tx) => {
        await tx.query('select 1 from faultline.command where command_id = $1 for update', [
          process.awaiting_command_id,
        ]);
        await notifyTransitions(lab.bus, tx, [
          replied(command(process, { command_id: process.awaiting_command_id as string })),
        ]);
      });
    await Promise.all([lockThenTell(), lockThenTell(), lockThenTell()]);
    expect(await reread(process)).toMatchObject({ path: ['book', 'pay'], state: { done: ['book'] } });
    expect(await lab.commands(process)).toHaveLength(2);
    expect((await lab.events(process)).map(({ type }) => type)).toEqual(['REPLY_IGNORED', 'REPLY_IGNORED']);
  });

  test('of a command that is not awaited is ignored, whatever it says', async () => {
    const process = await waiting();
    for (const outcome of ['SUCCESS', 'FAILED', 'CANCELED'] as const)
      await tell(replied(command(process), { outcome, error_code: 'X' }));
    expect(await reread(process)).toEqual(process);
    expect((await lab.events(process)).map(({ details }) => details)).toEqual(
      ['SUCCESS', 'FAILED', 'CANCELED'].map((outcome) => ({ outcome, status: 'WAITING_FOR_REPLY' })),
    );
  });

  test('that comes after a later one is ignored: the process does not go back', async () => {
    const process = await waiting();
    const first = command(process, { command_id: process.awaiting_command_id as string });
    await tell(replied(first));
    const second = await reread(process);
    await tell(replied(command(process, { command_id: second.awaiting_command_id as string, step: 'pay' })));
    const third = await reread(process);
    expect(third.current_step).toBe('mail');

    await tell(replied(first, { outcome: 'FAILED', error_code: 'X' }));
    await tell(replied(command(process, { command_id: second.awaiting_command_id as string, step: 'pay' })));
    expect(await reread(process)).toEqual(third);
    expect((await lab.events(process)).map(({ type }) => type)).toEqual(['REPLY_IGNORED', 'REPLY_IGNORED']);
  });

  test('to a process that has ended changes nothing', async () => {
    const process = await waiting();
    const last = command(process, { command_id: process.awaiting_command_id as string, attempts: 0 });
    await tell(replied(last, { outcome: 'CANCELED', error_code: 'X' }));
    const ended = await reread(process);
    expect(ended).toMatchObject({ status: 'CANCELED', awaiting_command_id: null });
    await tell(replied(last), replied(command(process)));
    await tell({ kind: 'parked', command: last, error_code: 'X', error_message: 'x' });
    await tell({ kind: 'unparked', command: last });
    expect(await reread(process)).toEqual(ended);
  });
});

describe('a reply that cannot be routed', () => {
  test('of an unknown process is kept in the replies of its domain', async () => {
    const unknown = { process_id: newId() };
    const lost = command(unknown);
    await tell(replied(lost, { outcome: 'FAILED', result: { n: 1 }, error_code: 'REFUSED' }));
    expect(await parkedReplies(unknown)).toEqual([
      {
        queue: 'lab__replies',
        command_id: lost.command_id,
        correlation_id: unknown.process_id,
        outcome: 'FAILED',
        result: { n: 1 },
        error_code: 'REFUSED',
        note: 'no process has this id',
      },
    ]);
  });

  test('does not keep others of its set from being routed', async () => {
    const [one, other] = [await waiting(), await waiting()];
    const unknown = { process_id: newId() };
    await tell(
      replied(command(one, { command_id: one.awaiting_command_id as string })),
      replied(command(unknown)),
      replied(command(other, { command_id: other.awaiting_command_id as string })),
    );
    expect(await reread(one)).toMatchObject({ current_step: 'pay' });
    expect(await reread(other)).toMatchObject({ current_step: 'pay' });
    expect(await parkedReplies(unknown)).toHaveLength(1);
  });

  test('of a version that is not registered here is kept, and the process waits on', async () => {
    // No worker of the older service: it would take the chunk of the newer version and give it back, again and again.
    const older = await openLab({ processes: [trip], database: lab.database });
    const process = await lab.untilProcess(await lab.launch(newer), 'WAITING_FOR_REPLY');

    await tellTo(older, replied(command(process, { command_id: process.awaiting_command_id as string })));
    expect(await reread(process)).toEqual(process);
    expect(await parkedReplies(process)).toMatchObject([
      { queue: 'lab__replies', outcome: 'SUCCESS', note: 'Chain version 2 is not registered in this service' },
    ]);
  });
});

describe('parking and unparking', () => {
  test('of the awaited command show on the process, and need no definition', async () => {
    const process = await waiting();
    await lab.pool.query('update faultline.process set process_type = $2 where process_id = $1', [
      process.process_id,
      'Unknown',
    ]);
    const awaited = command(process, { command_id: process.awaiting_command_id as string });
    await tell({ kind: 'parked', command: awaited, error_code: 'BROKEN', error_message: 'It broke.' });
    expect(await reread(process)).toMatchObject({ status: 'WAITING_FOR_TSQ', error_code: 'BROKEN' });
    await tell({ kind: 'unparked', command: awaited });
    expect(await reread(process)).toMatchObject({ status: 'WAITING_FOR_REPLY', error_code: null, error_message: null });
  });

  test('of another command do not', async () => {
    const process = await waiting();
    await tell({ kind: 'parked', command: command(process), error_code: 'BROKEN', error_message: 'It broke.' });
    await tell({ kind: 'unparked', command: command(process) });
    expect(await reread(process)).toEqual(process);
  });

  test('and a reply come in one set, each to its own process', async () => {
    const [one, other] = [await waiting(), await waiting()];
    await tell(
      {
        kind: 'parked',
        command: command(one, { command_id: one.awaiting_command_id as string }),
        error_code: 'BROKEN',
        error_message: 'It broke.',
      },
      replied(command(other, { command_id: other.awaiting_command_id as string })),
    );
    expect(await reread(one)).toMatchObject({ status: 'WAITING_FOR_TSQ' });
    expect(await reread(other)).toMatchObject({ status: 'WAITING_FOR_REPLY', current_step: 'pay' });
  });
});

test('commands without a process pass the router by', async () => {
  expect(await tell(replied(command({ process_id: newId() }, { process_id: null, reply_to: null })))).toEqual(
    new Set(),
  );
});
