// A process whose own code throws: its command stays done, its reply is kept, an operator is asked, and once the code is
// mended the reply is driven again. The handler never runs a second time for it.

import { beforeAll, describe, expect, test } from 'vitest';
import { cancelCommand, completeCommand, retryCommand } from '../../src/bus/troubleshooting.ts';
import { BusinessRuleError, PermanentCommandError } from '../../src/model/errors.ts';
import { chain, type LabProcess, openLab, type Place } from './lab.ts';

/** What is broken just now: `place key`, and what is thrown there. */
const broken = new Map<string, unknown>();
const code = (place: Place, key: string, state: Record<string, unknown>) => {
  const thrown = broken.get(`${place} ${key}`);
  if (typeof thrown === 'function') thrown(state);
  else if (thrown !== undefined) throw thrown;
};
const trip = chain(['book', 'pay', 'mail'], { code });
const lab = await openLab({ processes: [trip] });
const operator = { actor: 'ann' };
const oops = new Error('oops');

beforeAll(async () => {
  await lab.work();
});

/** Launches a process and waits until its code has thrown at this place. */
async function failAt(place: string, options: Parameters<typeof lab.launch>[1] = {}, thrown: unknown = oops) {
  broken.set(place, thrown);
  const batch_id = await lab.launch(trip, options);
  const process = await lab.untilProcess(batch_id, 'WAITING_FOR_TSQ');
  return { batch_id, process, command_id: process.awaiting_command_id as string };
}

/** A script in which this step is refused. */
const refusing =
  (key: string) =>
  ({ key: called, purpose }: { key: string; purpose: string }) => {
    if (purpose === 'step' && called === key) throw new BusinessRuleError('REFUSED', 'No.');
  };

const commandOf = async (process: LabProcess, step: string, purpose = 'step') =>
  (await lab.commands(process)).find((command) => command.step === step && command.purpose === purpose);

describe.each(['onReply pay', 'next pay', 'request mail'])('%s throws', (place) => {
  test('the command is COMPLETED, the process waits with ADVANCE_FAILED, and its state is as before', async () => {
    const { process } = await failAt(place);
    expect(process).toMatchObject({
      current_step: 'pay',
      path: ['book', 'pay'],
      state: { done: ['book'] },
      error_code: 'ADVANCE_FAILED',
      error_message: 'Error: oops',
    });
    expect(await commandOf(process, 'pay')).toMatchObject({ status: 'COMPLETED', result: { key: 'pay' }, attempts: 1 });
    expect((await lab.events(process)).map(({ type }) => type)).toEqual(['ADVANCE_FAILED']);
    broken.clear();
  });

  test('retry drives the reply again when the code is mended; no handler runs twice', async () => {
    const { batch_id, process, command_id } = await failAt(place);
    broken.clear();
    expect(await retryCommand(lab.bus, command_id, operator)).toEqual({ command_id, status: 'COMPLETED' });
    const ended = await lab.untilProcess(batch_id, 'COMPLETED');
    expect(ended).toMatchObject({ state: { done: ['book', 'pay', 'mail'] }, error_code: null, error_message: null });
    expect(lab.callsOf(process)).toEqual(['step book', 'step pay', 'step mail']);
    expect(await commandOf(process, 'pay')).toMatchObject({ attempts: 1 });
  });

  test('retry while it is still broken waits again; only then mended, it goes on', async () => {
    const { batch_id, process, command_id } = await failAt(place);
    await retryCommand(lab.bus, command_id, operator);
    await retryCommand(lab.bus, command_id, operator);
    expect(await lab.untilProcess(batch_id, 'WAITING_FOR_TSQ')).toMatchObject({ state: { done: ['book'] } });
    broken.clear();
    await retryCommand(lab.bus, command_id, operator);
    await lab.untilProcess(batch_id, 'COMPLETED');
    expect(lab.callsOf(process)).toEqual(['step book', 'step pay', 'step mail']);
    expect((await lab.events(process)).map(({ type }) => type)).toEqual([
      'ADVANCE_FAILED',
      ...['OPERATOR_RETRY', 'ADVANCE_FAILED'],
      ...['OPERATOR_RETRY', 'ADVANCE_FAILED'],
      'OPERATOR_RETRY',
    ]);
  });

  test('cancel undoes what was done, the step itself included', async () => {
    const { batch_id, process, command_id } = await failAt(place);
    await cancelCommand(lab.bus, command_id, { ...operator, reason: 'Enough.' });
    expect(await lab.untilProcess(batch_id, 'COMPENSATED')).toMatchObject({
      error_code: 'OPERATOR_CANCELED',
      error_message: 'Enough.',
    });
    expect(lab.callsOf(process)).toEqual(['step book', 'step pay', 'compensation pay', 'compensation book']);
    expect(await commandOf(process, 'pay')).toMatchObject({ status: 'COMPLETED' });
    broken.clear();
  });

  test('complete with a result drives that one instead; without, the one that was kept', async () => {
    for (const given of [{ by: 'hand' }, undefined]) {
      const { batch_id, process, command_id } = await failAt(place);
      broken.clear();
      await completeCommand(lab.bus, command_id, operator, given);
      await lab.untilProcess(batch_id, 'COMPLETED');
      expect(lab.callsOf(process)).toEqual(['step book', 'step pay', 'step mail']);
    }
  });
});

test('complete with a result: onReply is given that result, and not the one of the handler', async () => {
  const seen: unknown[] = [];
  const reader = chain(['one'], { type: 'Reader' });
  const definition = {
    ...reader,
    steps: reader.steps.map((step) => ({
      ...step,
      onReply: (state: object, reply: { result?: unknown }) => {
        seen.push(reply.result);
        if (seen.length === 1) throw oops;
        return { ...state, got: reply.result };
      },
    })),
  };
  const reading = await openLab({ processes: [definition] });
  await reading.work();
  const batch_id = await reading.launch(definition, { script: () => ({ by: 'handler' }) });
  const { awaiting_command_id } = await reading.untilProcess(batch_id, 'WAITING_FOR_TSQ');
  await completeCommand(reading.bus, awaiting_command_id as string, operator, { by: 'hand' });
  expect((await reading.untilProcess(batch_id, 'COMPLETED')).state).toMatchObject({ got: { by: 'hand' } });
  expect(seen).toEqual([{ by: 'handler' }, { by: 'hand' }]);
});

describe('on the way back', () => {
  test('compensate.request throws on a FAILED reply: the command stays FAILED, a retry drives FAILED again', async () => {
    const { batch_id, process, command_id } = await failAt('compensate pay', { script: refusing('pay') });
    expect(process).toMatchObject({ error_code: 'ADVANCE_FAILED', undo: null });
    expect(await commandOf(process, 'pay')).toMatchObject({ status: 'FAILED', error_code: 'REFUSED' });
    broken.clear();
    await retryCommand(lab.bus, command_id, operator);
    expect(await lab.untilProcess(batch_id, 'COMPENSATED')).toMatchObject({
      error_code: 'REFUSED',
      error_message: 'No.',
    });
    expect(lab.callsOf(process)).toEqual(['step book', 'step pay', 'compensation pay', 'compensation book']);
  });

  test('completed by hand after all: it goes forward, and the command stays as its handler ended it', async () => {
    const { batch_id, process, command_id } = await failAt('compensate pay', { script: refusing('pay') });
    broken.clear();
    await completeCommand(lab.bus, command_id, operator, { by: 'hand' });
    expect(await lab.untilProcess(batch_id, 'COMPLETED')).toMatchObject({ state: { done: ['book', 'pay', 'mail'] } });
    expect(await commandOf(process, 'pay')).toMatchObject({ status: 'FAILED', error_code: 'REFUSED' });
    expect((await lab.events(process)).map(({ type, details }) => [type, details])).toEqual([
      ['ADVANCE_FAILED', { message: 'Error: oops', error_code: null, error_message: null }],
      // The reply that it was driven on with stands on no row.
      ['OPERATOR_COMPLETE', { redriven: true, result: { by: 'hand' } }],
    ]);
  });

  test('while undoing, the cause comes back with the retry', async () => {
    const { batch_id, process, command_id } = await failAt('compensate book', { script: refusing('pay') });
    expect(process).toMatchObject({ error_code: 'ADVANCE_FAILED', current_step: 'pay', undo: 2 });
    await retryCommand(lab.bus, command_id, operator);
    expect(await lab.untilProcess(batch_id, 'WAITING_FOR_TSQ')).toMatchObject({ error_code: 'ADVANCE_FAILED' });
    broken.clear();
    await retryCommand(lab.bus, command_id, operator);
    expect(await lab.untilProcess(batch_id, 'COMPENSATED')).toMatchObject({
      error_code: 'REFUSED',
      error_message: 'No.',
    });
    expect(lab.callsOf(process)).toEqual(['step book', 'step pay', 'compensation pay', 'compensation book']);
  });

  test('a cancellation on which the code throws is driven again as the cancellation it was', async () => {
    broken.set('onReply pay', oops);
    broken.set('compensate pay', oops);
    const batch_id = await lab.launch(trip);
    const { awaiting_command_id } = await lab.untilProcess(batch_id, 'WAITING_FOR_TSQ');
    const command_id = awaiting_command_id as string;
    await cancelCommand(lab.bus, command_id, { ...operator, reason: 'Enough.' });
    expect(await lab.untilProcess(batch_id, 'WAITING_FOR_TSQ')).toMatchObject({ error_code: 'ADVANCE_FAILED' });
    broken.clear();
    await cancelCommand(lab.bus, command_id, { ...operator, reason: 'Enough now.' });
    expect(await lab.untilProcess(batch_id, 'COMPENSATED')).toMatchObject({
      error_code: 'OPERATOR_CANCELED',
      error_message: 'Enough now.',
    });
  });
});

test('a parked command that was cancelled while the code was broken: the retry drives CANCELED, with that cause', async () => {
  broken.set('compensate pay', oops);
  const script = ({ key }: { key: string }) => {
    if (key === 'pay') throw new PermanentCommandError('NO_MONEY', 'None.');
  };
  const batch_id = await lab.launch(trip, { script });
  const { awaiting_command_id } = await lab.untilProcess(batch_id, 'WAITING_FOR_TSQ');
  const command_id = awaiting_command_id as string;
  await cancelCommand(lab.bus, command_id, { ...operator, reason: 'Enough.' });
  expect(await lab.untilProcess(batch_id, 'WAITING_FOR_TSQ')).toMatchObject({ error_code: 'ADVANCE_FAILED' });
  broken.clear();
  expect(await retryCommand(lab.bus, command_id, operator)).toEqual({ command_id, status: 'CANCELED' });
  // The compensation of this step fails like the step itself.
  const stuck = await lab.untilProcess(batch_id, 'WAITING_FOR_TSQ');
  expect(stuck).toMatchObject({ undo: 2, error_code: 'OPERATOR_CANCELED', error_message: 'Enough.' });
});

describe('what is thrown', () => {
  test.each([
    ['text that no database stores', new Error('a\0b'), 'Error: ab'],
    [
      'a message cut in the middle of a character',
      new Error(`${'x'.repeat(1992)}\u{1f525}`),
      `Error: ${'x'.repeat(1992)}\ufffd`,
    ],
    ['a string', 'just so', 'just so'],
    ['nothing that can be shown', Object.create(null), '[Object: null prototype] {}'],
  ])('%s', async (_, thrown, error_message) => {
    const { process } = await failAt('onReply book', {}, thrown);
    expect(process).toMatchObject({ error_code: 'ADVANCE_FAILED', error_message });
    broken.clear();
  });

  test('after the state was written to in place: what was stored stays as it was', async () => {
    const spoiling = (state: { done: string[]; spoilt?: boolean }) => {
      state.done.push('twice');
      state.spoilt = true;
      throw oops;
    };
    const { batch_id, process, command_id } = await failAt('onReply book', {}, spoiling);
    expect(process.state).toMatchObject({ done: [] });
    expect(process.state).not.toHaveProperty('spoilt');
    broken.clear();
    await retryCommand(lab.bus, command_id, operator);
    expect((await lab.untilProcess(batch_id, 'COMPLETED')).state.done).toEqual(['book', 'pay', 'mail']);
  });

  test('by one process of a set keeps no other from going on', async () => {
    const odd = ({ ordinal }: { ordinal: number }) => {
      if (ordinal % 2 === 1) throw oops;
    };
    broken.set('onReply pay', odd);
    const batch_id = await lab.launch(trip, { count: 40 });
    const rows = await lab.untilProcesses(batch_id, ['COMPLETED', 'WAITING_FOR_TSQ']);
    expect(rows.map(({ status }) => status)).toEqual(
      Array.from({ length: 40 }, (__, ordinal) => (ordinal % 2 === 1 ? 'WAITING_FOR_TSQ' : 'COMPLETED')),
    );
    broken.clear();
  });
});

describe('what cannot be stored', () => {
  const self: Record<string, unknown> = {};
  self.self = self;

  test.each([
    ['a NUL byte', 'a\0b'],
    ['a bigint', 1n],
    ['a circle', self],
  ])(
    '%s in the state: that command is parked, the others of its set go on, and mended it is tried again',
    async (_, value) => {
      broken.set('onReply book', (state: { ordinal: number; odd?: unknown }) => {
        if (state.ordinal === 3) state.odd = value;
      });
      const batch_id = await lab.launch(trip, { count: 8 });
      const rows = await lab.untilProcesses(batch_id, ['COMPLETED', 'WAITING_FOR_TSQ']);
      expect(rows.map(({ status }) => status === 'COMPLETED')).toEqual(rows.map(({ ordinal }) => ordinal !== 3));
      const stuck = rows[3] as LabProcess;
      expect(stuck).toMatchObject({ error_code: 'RESULT_NOT_STORABLE', state: { done: [] } });
      broken.clear();
      await retryCommand(lab.bus, stuck.awaiting_command_id as string, operator);
      await lab.untilProcesses(batch_id, 'COMPLETED');
    },
  );
});
