// Two versions of a process while one takes the place of the other: workers of both share a domain, and neither loses what
// belongs to the other.

import { expect, test } from 'vitest';
import { cancelCommand, retryCommand } from '../../src/bus/troubleshooting.ts';
import { BusinessRuleError, PermanentCommandError } from '../../src/model/errors.ts';
import { newId } from '../../src/model/ids.ts';
import { cancelProcess } from '../../src/process/cancel-process.ts';
import { signal, until } from '../support/until.ts';
import { chain, openLab, type Place, type Script } from './lab.ts';

let broken = false;
const code = (place: Place) => {
  if (broken && place === 'onReply') throw new Error('oops');
};
const old = chain(['book', 'pay', 'mail']);
// The same commands in another order: a command type that the old workers do not know they would park (NO_HANDLER).
const newer = chain(['mail', 'pay', 'book'], { version: 2, code });
const before = await openLab({ processes: [old] });
const after = await openLab({ processes: [old, newer], database: before.database });

/** Kept replies. */
async function kept(batch_id: string) {
  const { rows } = await before.pool.query('select * from faultline.reply where batch_id = $1', [batch_id]);
  return rows;
}

/** Launches a batch of the newer version, creates it, and has its first steps done by workers of the old one alone. */
async function doneByTheOld(count: number, script?: Script) {
  const batch_id = await after.launch(newer, { count, script });
  const launching = await after.work({ domains: ['faultline'] });
  await after.untilBatch(batch_id, 'RUNNING');
  await launching.stop();
  const worker = await before.work({ domains: ['lab'] });
  await until('the replies are kept', async () => (await kept(batch_id)).length === count);
  await worker.stop();
  return batch_id;
}

test('what old workers settled of newer processes is kept, and goes on with a worker that knows them', async () => {
  const batch_id = await doneByTheOld(30);
  expect(await kept(batch_id)).toMatchObject(
    Array(30).fill({ queue: 'lab__replies', outcome: 'SUCCESS', note: expect.stringContaining('version 2') }),
  );
  for (const process of await after.processes(batch_id))
    expect(process).toMatchObject({ status: 'WAITING_FOR_REPLY', path: ['mail'] });

  const worker = await after.work();
  const rows = await after.untilProcesses(batch_id, 'COMPLETED');
  expect(rows.map(({ state }) => state.done)).toEqual(Array(30).fill(['mail', 'pay', 'book']));
  expect(await kept(batch_id)).toEqual([]);
  await worker.stop();
});

test('with workers of both at once, every process completes', async () => {
  const workers = [await before.work(), await after.work()];
  const batches = [await after.launch(newer, { count: 60 }), await before.launch(old, { count: 60 })];
  for (const batch_id of batches) await after.untilProcesses(batch_id, 'COMPLETED');
  for (const batch_id of batches) expect(await kept(batch_id)).toEqual([]);
  await Promise.all(workers.map((worker) => worker.stop()));
});

test('two who know the version route each reply once', async () => {
  const batch_id = await doneByTheOld(40);
  const workers = [await after.work(), await after.work()];
  const rows = await after.untilProcesses(batch_id, 'COMPLETED');
  for (const process of rows) expect(process.command_ids).toHaveLength(3);
  const { rows: ignored } = await after.pool.query(
    `select 1 from faultline.event where batch_id = $1 and type = 'REPLY_IGNORED'`,
    [batch_id],
  );
  expect(ignored).toEqual([]);
  await Promise.all(workers.map((worker) => worker.stop()));
});

test('a refusal is kept and routed like a success', async () => {
  const refusing: Script = ({ purpose }) => {
    if (purpose === 'step') throw new BusinessRuleError('REFUSED', 'No.');
  };
  const batch_id = await doneByTheOld(3, refusing);
  expect(await kept(batch_id)).toMatchObject(Array(3).fill({ outcome: 'FAILED', error_code: 'REFUSED' }));
  const worker = await after.work();
  const rows = await after.untilProcesses(batch_id, 'COMPENSATED');
  expect(rows).toMatchObject(Array(3).fill({ error_code: 'REFUSED', error_message: 'No.' }));
  await worker.stop();
});

test('an operator at an old service ends a command: what follows is done where the version is known', async () => {
  const breaking: Script = ({ purpose }) => {
    if (purpose === 'step') throw new PermanentCommandError('BROKEN', 'It broke.');
  };
  const batch_id = await after.launch(newer, { script: breaking });
  const worker = await after.work();
  const process = await after.untilProcess(batch_id, 'WAITING_FOR_TSQ');
  await worker.stop();
  await cancelCommand(before.bus, process.awaiting_command_id as string, { actor: 'ann', reason: 'Enough.' });
  expect(await kept(batch_id)).toMatchObject([{ outcome: 'CANCELED', error_code: 'OPERATOR_CANCELED' }]);
  const next = await after.work();
  expect(await after.untilProcess(batch_id, 'COMPENSATED')).toMatchObject({
    error_code: 'OPERATOR_CANCELED',
    error_message: 'Enough.',
  });
  await next.stop();
});

test.each([true, false])(
  'T04: a process that is cancelled where its version is unknown ends as it was told, compensate: %s',
  async (compensate) => {
    const held = signal<{ process_id: string; signal: AbortSignal }>('pay is under way');
    const go = signal('pay may end');
    const batch_id = await after.launch(newer, {
      script: async (call) => {
        if (call.step !== 'pay' || call.purpose !== 'step') return;
        held.fire(call);
        await go.promise;
      },
    });
    const worker = await after.work();
    const call = await held.promise;
    const stopped = worker.stop();
    await until('the worker gave it back', async () => call.signal.aborted);
    await stopped;
    go.fire();
    const ann = { actor: 'ann', reason: 'Enough.' };
    await cancelProcess(before.bus, call.process_id, ann, { compensate });
    expect(await kept(batch_id)).toMatchObject([{ outcome: 'CANCELED', keep_effects: !compensate }]);
    await expect(cancelProcess(before.bus, call.process_id, ann, { compensate: true })).rejects.toThrow(
      'kept for a service',
    );
    const next = await after.work();
    const process = await after.untilProcess(batch_id, compensate ? 'COMPENSATED' : 'CANCELED');
    expect(after.callsOf(process).filter((step) => step.startsWith('compensation'))).toEqual(
      compensate ? ['compensation pay', 'compensation mail'] : [],
    );
    expect(await kept(batch_id)).toEqual([]);
    await next.stop();
  },
);

test('where the code throws on a kept reply, the process waits for an operator and the reply is done with', async () => {
  const batch_id = await doneByTheOld(1);
  broken = true;
  const worker = await after.work();
  const process = await after.untilProcess(batch_id, 'WAITING_FOR_TSQ');
  expect(process).toMatchObject({ error_code: 'ADVANCE_FAILED' });
  expect(await kept(batch_id)).toEqual([]);
  broken = false;
  await retryCommand(after.bus, process.awaiting_command_id as string, { actor: 'ann' });
  await after.untilProcess(batch_id, 'COMPLETED');
  await worker.stop();
});

test('a reply of an unknown process, or one that a sender asked for, is left where it is', async () => {
  const lost = { reply_id: newId(), command_id: newId(), process_id: newId() };
  const asked = { reply_id: newId(), command_id: newId(), process_id: null };
  for (const { reply_id, command_id, process_id } of [lost, asked])
    await before.pool.query(
      `insert into faultline.reply (reply_id, lane, queue, command_id, process_id, outcome) values ($1, 0, 'lab__replies', $2, $3, 'SUCCESS')`,
      [reply_id, command_id, process_id],
    );
  const routed = await doneByTheOld(1);
  const worker = await after.work();
  await after.untilProcesses(routed, 'COMPLETED');
  await worker.stop();
  const { rows } = await before.pool.query('select reply_id from faultline.reply order by reply_id');
  expect(rows.map(({ reply_id }) => reply_id)).toEqual([lost.reply_id, asked.reply_id].sort());
});
