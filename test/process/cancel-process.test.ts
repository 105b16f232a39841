// Cancelling, retrying and completing a whole process: what is undone, what stays, and who wins.

import { describe, expect, test } from 'vitest';
import { cancelCommand } from '../../src/bus/troubleshooting.ts';
import { PermanentCommandError, WrongStateError } from '../../src/model/errors.ts';
import { newId } from '../../src/model/ids.ts';
import { cancelProcess, completeProcess, retryProcess } from '../../src/process/cancel-process.ts';
import { signal, until } from '../support/until.ts';
import { type Call, chain, type LabProcess, openLab, type Place, type Script } from './lab.ts';

const ADA = { actor: 'ada', reason: 'Enough.' };
const broken = { onReply: false, compensate: false };
const code = (place: Place) => {
  if (broken[place as keyof typeof broken]) throw new Error('oops');
};
const trip = chain(['book', 'pay', 'mail'], { undo: ['book', 'pay'] });
const fragile = chain(['book', 'pay'], { type: 'Fragile', code });
const lab = await openLab({ processes: [trip, fragile], lanes: 3 });
await lab.work();

const undone = ({ process_id }: LabProcess) =>
  lab.callsOf({ process_id }).filter((call) => call.startsWith('compensation'));
const parkOn =
  (step: string): Script =>
  (call) => {
    if (call.step === step && call.purpose === 'step') throw new PermanentCommandError('BROKEN', 'It is broken.');
  };

/** A process whose step is under way, until the test lets it end. */
async function heldAt(step: string, then: Script = () => undefined) {
  const held = signal<Call>(`${step} is under way`);
  const go = signal(`${step} may end`);
  const batch_id = await lab.launch(trip, {
    script: async (call) => {
      if (call.step !== step || call.purpose !== 'step') return;
      held.fire(call);
      await go.promise;
      return then(call);
    },
  });
  return { batch_id, call: await held.promise, go };
}

async function parkedAt(step: string) {
  const batch_id = await lab.launch(trip, { script: parkOn(step) });
  return { batch_id, process: await lab.untilProcess(batch_id, 'WAITING_FOR_TSQ') };
}

describe('P03: a process that is cancelled undoes what it did', () => {
  test('while a step is under way: its signal fires, then that step and those before it are undone, newest first', async () => {
    const { batch_id, call, go } = await heldAt('pay');
    const answer = await cancelProcess(lab.bus, call.process_id, ADA, { compensate: true });
    expect(answer).toEqual({ process_id: call.process_id, status: 'COMPENSATING' });
    await until('the signal fires', () => call.signal.aborted);
    const process = await lab.untilProcess(batch_id, 'COMPENSATED');
    expect(process).toMatchObject({ error_code: 'OPERATOR_CANCELED', error_message: 'Enough.' });
    expect(undone(process)).toEqual(['compensation pay', 'compensation book']);
    expect((await lab.events(process)).find(({ type }) => type === 'OPERATOR_CANCEL')).toMatchObject({
      ...ADA,
      details: { whole_process: true },
    });

    // The handler ends only now, and may have paid in between: that is undone too.
    go.fire();
    await until('pay is undone again', () => undone(process).length === 3);
    expect(undone(process)).toEqual(['compensation pay', 'compensation book', 'compensation pay']);
  });

  test('also where the handler stopped as it was told to, because no one knows how far it had come', async () => {
    const { batch_id, call, go } = await heldAt('pay', ({ signal }) => signal.throwIfAborted());
    await cancelProcess(lab.bus, call.process_id, ADA, { compensate: true });
    await until('the signal fires', () => call.signal.aborted);
    const process = await lab.untilProcess(batch_id, 'COMPENSATED');
    go.fire();
    await until('pay is undone again', () => undone(process).length === 3);
    expect((await lab.events(process)).filter(({ type }) => type === 'LATE_RESULT_DISCARDED')).toEqual([]);
  });

  test('T04: while it waits for an operator', async () => {
    const { batch_id, process } = await parkedAt('mail');
    await cancelProcess(lab.bus, process.process_id, ADA, { compensate: true });
    expect(undone(await lab.untilProcess(batch_id, 'COMPENSATED'))).toEqual(['compensation pay', 'compensation book']);
  });
});

describe('T04: a process that is cancelled as it is ends at once, and what it did stays done', () => {
  test('while a step is under way, also what that step does late', async () => {
    const { call, go, batch_id } = await heldAt('pay');
    const answer = await cancelProcess(lab.bus, call.process_id, ADA, { compensate: false });
    expect(answer.status).toBe('CANCELED');
    await until('the signal fires', () => call.signal.aborted);
    go.fire();
    await until('the late result was refused', async () =>
      (await lab.events(call)).some(({ type }) => type === 'LATE_RESULT_DISCARDED'),
    );
    const process = await lab.untilProcess(batch_id, 'CANCELED');
    expect(process).toMatchObject({ keep_effects: true, error_code: 'OPERATOR_CANCELED', awaiting_command_id: null });
    expect(undone(process)).toEqual([]);
    expect(await lab.commands(process)).toHaveLength(2);
  });

  test('while it waits for an operator, whatever it waits for', async () => {
    const { batch_id, process } = await parkedAt('mail');
    await cancelProcess(lab.bus, process.process_id, ADA, { compensate: false });
    expect(undone(await lab.untilProcess(batch_id, 'CANCELED'))).toEqual([]);
  });

  test.each([true, false])(
    'where its own code threw: its command is done and stays so (compensate: %s)',
    async (compensate) => {
      broken.onReply = true;
      const batch_id = await lab.launch(fragile);
      const stuck = await lab.untilProcess(batch_id, 'WAITING_FOR_TSQ');
      broken.onReply = false;
      await cancelProcess(lab.bus, stuck.process_id, ADA, { compensate });
      const process = await lab.untilProcess(batch_id, compensate ? 'COMPENSATED' : 'CANCELED');
      expect(undone(process)).toEqual(compensate ? ['compensation book'] : []);
      expect(await lab.commands(process)).toMatchObject([{ status: 'COMPLETED' }, {}].slice(0, compensate ? 2 : 1));
      expect(await lab.events(process)).toContainEqual(
        expect.objectContaining({ type: 'OPERATOR_CANCEL', details: expect.objectContaining({ redriven: true }) }),
      );
    },
  );
});

describe('T04: retry and complete act on what the process waits for', () => {
  test('retry', async () => {
    const batch_id = await lab.launch(trip, {
      script: (call) => {
        if (call.step === 'pay' && call.attempt === 1) throw new PermanentCommandError('BROKEN', 'It is broken.');
      },
    });
    const { process_id } = await lab.untilProcess(batch_id, 'WAITING_FOR_TSQ');
    expect(await retryProcess(lab.bus, process_id, ADA)).toMatchObject({ process_id });
    await lab.untilProcess(batch_id, 'COMPLETED');
  });

  test('complete, with a result in place of what the handler would have returned', async () => {
    const { batch_id, process } = await parkedAt('pay');
    await completeProcess(lab.bus, process.process_id, ADA, { paid: 'by hand' });
    await lab.untilProcess(batch_id, 'COMPLETED');
    expect(await lab.commands(process)).toMatchObject([{}, { status: 'COMPLETED', result: { paid: 'by hand' } }, {}]);
  });

  test('not while it waits for a reply, nor after its end: 409; an unknown one is 404', async () => {
    const { batch_id, call, go } = await heldAt('pay');
    for (const verb of [retryProcess, completeProcess])
      await expect(verb(lab.bus, call.process_id, ADA)).rejects.toThrow('The process is WAITING_FOR_REPLY');
    go.fire();
    const { process_id } = await lab.untilProcess(batch_id, 'COMPLETED');
    for (const verb of [retryProcess, completeProcess]) {
      await expect(verb(lab.bus, process_id, ADA)).rejects.toThrow('The process is COMPLETED');
      await expect(verb(lab.bus, newId(), ADA)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
    await expect(cancelProcess(lab.bus, process_id, ADA, { compensate: true })).rejects.toThrow(
      'The process is COMPLETED',
    );
    await expect(cancelProcess(lab.bus, newId(), ADA, { compensate: true })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

test('one that is being undone is not cancelled, also while its compensation waits for an operator', async () => {
  const batch_id = await lab.launch(trip, {
    script: (call) => {
      if (call.step === 'pay') throw new PermanentCommandError('BROKEN', 'It is broken.');
    },
  });
  const { process_id } = await lab.untilProcess(batch_id, 'WAITING_FOR_TSQ');
  await cancelProcess(lab.bus, process_id, ADA, { compensate: true });
  const stuck = await lab.untilProcess(batch_id, 'WAITING_FOR_TSQ');
  expect(stuck.undo).toBe(2);
  await expect(cancelProcess(lab.bus, process_id, ADA, { compensate: false })).rejects.toThrow(
    'already undoes what it did',
  );
  await cancelCommand(lab.bus, stuck.awaiting_command_id as string, ADA);
  await lab.untilProcess(batch_id, 'FAILED');
});

test('however fast a process goes on, it ends once: cancelled, or before that', async () => {
  const count = 60;
  const batch_id = await lab.launch(trip, { count });
  const started = await until('all are there', async () => {
    const rows = await lab.processes(batch_id);
    return rows.length === count && rows;
  });
  const canceled = await Promise.all(
    started.map(({ process_id }, index) =>
      cancelProcess(lab.bus, process_id, ADA, { compensate: index % 2 === 0 }).then(
        () => true,
        (error) => {
          expect(error).toBeInstanceOf(WrongStateError);
          return false;
        },
      ),
    ),
  );
  const ended = await lab.untilProcesses(batch_id, ['COMPLETED', 'COMPENSATED', 'CANCELED']);
  for (const [index, process] of ended.entries()) {
    expect(process.status === 'COMPLETED').toBe(!canceled[index]);
    const cancels = (await lab.events(process)).filter(({ type }) => type === 'OPERATOR_CANCEL');
    expect(cancels).toHaveLength(canceled[index] ? 1 : 0);
    if (index % 2 === 1) expect(undone(process)).toEqual([]);
  }
});
