// A success that comes too late is refused, but what it did may have happened. Where its process is being undone or has ended
// without that step, the step's compensation is sent once more; where the process has the step, nothing is.

import { expect, test } from 'vitest';
import { cancelCommand } from '../../src/bus/troubleshooting.ts';
import { expireWorkerLeases } from '../../src/db/queries/claims.ts';
import { BusinessRuleError, PermanentCommandError } from '../../src/model/errors.ts';
import { signal, until } from '../support/until.ts';
import { type Call, chain, openLab, type Place, type Script } from './lab.ts';

let breaks: string | null = null;
const code = (place: Place, key: string) => {
  if (`${place} ${key}` === breaks) throw new Error('oops');
};
const trip = chain(['book', 'pay', 'mail'], { code });
const partly = chain(['look', 'pay'], { type: 'Partly', undo: ['pay'] });
const lab = await openLab({ processes: [trip, partly] });
const worker = await lab.work();

const refuse = () => {
  throw new BusinessRuleError('REFUSED', 'No.');
};

/**
 * A process of which attempt 1 of `late` outlives its lease: attempt 2 is made meanwhile, and what `then` says happens.
 * `release` lets attempt 1 return its success, and waits until that was refused.
 */
async function overtaken(late: string, then: Script, definition = trip) {
  const held = signal<Call>(`attempt 1 of ${late} is under way`);
  const go = signal('attempt 1 may end', { deadline_ms: 20_000 });
  const script: Script = async (call) => {
    if (call.purpose === 'step' && call.step === late && call.attempt === 1) {
      held.fire(call);
      await go.promise;
      return { late: true };
    }
    return then(call);
  };
  const batch_id = await lab.launch(definition, { script });
  const call = await held.promise;
  await expireWorkerLeases(lab.pool, worker.worker_id);
  return {
    batch_id,
    process_id: call.process_id,
    async release() {
      go.fire();
      await until('the late result was refused', async () =>
        (await lab.events(call)).some(({ type, attempt }) => type === 'LATE_RESULT_DISCARDED' && attempt === 1),
      );
    },
  };
}

/** Every compensation of the process, those no one waits for included, once all of them are settled. */
async function compensations(process_id: string): Promise<string[]> {
  const rows = await until('every command is settled', async () => {
    const { rows: all } = await lab.pool.query<{ step: string; status: string }>(
      `select step, status from faultline.command where process_id = $1 and purpose = 'compensation' order by created_at, command_id`,
      [process_id],
    );
    return all.every(({ status }) => status === 'COMPLETED') && { all };
  });
  return rows.all.map(({ step }) => step);
}

test('of a process that has compensated: the step is undone once more, and no one waits for it', async () => {
  const { batch_id, process_id, release } = await overtaken('pay', ({ step, purpose }) =>
    step === 'pay' && purpose === 'step' ? refuse() : undefined,
  );
  const ended = await lab.untilProcess(batch_id, 'COMPENSATED');
  expect(await compensations(process_id)).toEqual(['pay', 'book']);

  await release();
  expect(await compensations(process_id)).toEqual(['pay', 'book', 'pay']);
  await until('its reply was ignored', async () => (await lab.events(ended)).at(-1)?.type === 'REPLY_IGNORED');
  // Nothing of the process changes, but the command stands among its own, so that its steps and its audit show it.
  const [after] = await lab.processes(batch_id);
  expect(after).toEqual({ ...ended, command_ids: [...ended.command_ids, expect.any(String)] });
  expect((await lab.events(ended)).filter(({ type }) => type === 'LATE_EFFECT_UNDONE')).toMatchObject([
    { attempt: 1, details: { compensation_id: after?.command_ids.at(-1) } },
  ]);
});

test('of a process that ended FAILED, a compensation having been skipped', async () => {
  let failing = true;
  const { batch_id, process_id, release } = await overtaken('pay', ({ step, purpose }) => {
    if (step !== 'pay') return;
    if (purpose === 'step') refuse();
    if (failing) throw new PermanentCommandError('BROKEN', 'It broke.');
  });
  const parked = await lab.untilProcess(batch_id, 'WAITING_FOR_TSQ');
  await cancelCommand(lab.bus, parked.awaiting_command_id as string, { actor: 'ann', reason: 'Leave it.' });
  await lab.untilProcess(batch_id, 'FAILED');
  failing = false;
  await release();
  await until('it was undone after all', async () => {
    const { rows } = await lab.pool.query(
      `select 1 from faultline.command where process_id = $1 and purpose = 'compensation' and step = 'pay' and status = 'COMPLETED'`,
      [process_id],
    );
    return rows.length === 1;
  });
});

test('while that step is being undone: it is undone again afterwards', async () => {
  const reached = signal('pay is being undone');
  const go = signal('go on');
  const { batch_id, process_id, release } = await overtaken('pay', async ({ step, purpose }) => {
    if (step !== 'pay') return;
    if (purpose === 'step') refuse();
    reached.fire();
    await go.promise;
  });
  await reached.promise;
  await release();
  go.fire();
  await lab.untilProcess(batch_id, 'COMPENSATED');
  expect((await compensations(process_id)).sort()).toEqual(['book', 'pay', 'pay']);
});

test('while its turn to be undone is still to come: once is enough', async () => {
  const reached = signal('mail is being undone');
  const go = signal('go on');
  const { batch_id, process_id, release } = await overtaken('book', async ({ step, purpose }) => {
    if (step === 'mail' && purpose === 'step') refuse();
    if (step !== 'mail' || purpose !== 'compensation') return;
    reached.fire();
    await go.promise;
  });
  await reached.promise;
  await release();
  go.fire();
  await lab.untilProcess(batch_id, 'COMPENSATED');
  expect(await compensations(process_id)).toEqual(['mail', 'pay', 'book']);
});

test('of a process that has the step: nothing is undone, while it goes on and when it is COMPLETED', async () => {
  const reached = signal('mail is under way');
  const go = signal('go on');
  const going = await overtaken('pay', async ({ step }) => {
    if (step !== 'mail') return;
    reached.fire();
    await go.promise;
  });
  await reached.promise;
  await going.release();
  go.fire();
  const ended = await overtaken('pay', () => undefined);
  await lab.untilProcess(ended.batch_id, 'COMPLETED');
  await ended.release();
  await lab.untilProcess(going.batch_id, 'COMPLETED');
  expect(await compensations(going.process_id)).toEqual([]);
  expect(await compensations(ended.process_id)).toEqual([]);
});

test('of a step that cannot be undone: it is refused, and that is all', async () => {
  const { batch_id, process_id, release } = await overtaken(
    'look',
    ({ step, purpose }) => (step === 'pay' && purpose === 'step' ? refuse() : undefined),
    partly,
  );
  await lab.untilProcess(batch_id, 'COMPENSATED');
  await release();
  expect(await compensations(process_id)).toEqual(['pay']);
});

test('where the code of the compensation throws, that is recorded and no other result is held up', async () => {
  const { batch_id, process_id, release } = await overtaken('pay', ({ step, purpose }) =>
    step === 'pay' && purpose === 'step' ? refuse() : undefined,
  );
  await lab.untilProcess(batch_id, 'COMPENSATED');
  breaks = 'compensate pay';
  await release();
  breaks = null;
  expect((await lab.events({ process_id })).at(-1)).toMatchObject({
    type: 'ADVANCE_FAILED',
    details: { message: 'Error: oops', late: true },
  });
  expect((await lab.processes(batch_id))[0]).toMatchObject({ status: 'COMPENSATED' });
});

test('a failure that comes too late may have had its effect before: the step is undone once more', async () => {
  const held = signal<Call>('attempt 1 is under way');
  const go = signal('attempt 1 may end');
  const script: Script = async (call) => {
    if (call.step !== 'pay' || call.purpose !== 'step') return;
    if (call.attempt === 1) {
      held.fire(call);
      await go.promise;
    }
    refuse();
  };
  const batch_id = await lab.launch(trip, { script });
  const { process_id } = await held.promise;
  await expireWorkerLeases(lab.pool, worker.worker_id);
  await lab.untilProcess(batch_id, 'COMPENSATED');
  go.fire();
  await until('the late result was refused', async () =>
    (await lab.events({ process_id })).some(({ type }) => type === 'LATE_RESULT_DISCARDED'),
  );
  expect(await compensations(process_id)).toEqual(['pay', 'book', 'pay']);
});
