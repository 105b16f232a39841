// Compensation: what was attempted is undone, newest first, one at a time; what cannot be undone waits for an operator.

import { beforeAll, describe, expect, test } from 'vitest';
import { cancelCommand, completeCommand, retryCommand } from '../../src/bus/troubleshooting.ts';
import { BusinessRuleError, PermanentCommandError, TransientCommandError } from '../../src/model/errors.ts';
import { signal } from '../support/until.ts';
import { type Call, chain, type LabProcess, openLab, type Script } from './lab.ts';

const KEYS = ['book', 'pay', 'mail'] as const;
const trip = chain(KEYS);
const partly = chain(['book', 'check', 'pay', 'tell', 'mail'], { type: 'Partly', undo: ['book', 'pay'] });
const bare = chain(['look', 'see'], { type: 'Bare', undo: [] });
const lab = await openLab({ processes: [trip, partly, bare] });
const operator = { actor: 'ann' };

beforeAll(async () => {
  await lab.work();
});

const isStep = (call: Call, key: string) => call.purpose === 'step' && call.key === key;
const isUndo = (call: Call, key: string) => call.purpose === 'compensation' && call.key === key;
const refuse = () => {
  throw new BusinessRuleError('REFUSED', 'No.');
};
const refusing =
  (key: string): Script =>
  (call) =>
    isStep(call, key) ? refuse() : undefined;

const awaited = async ({ awaiting_command_id }: LabProcess) => {
  const { rows } = await lab.pool.query('select * from faultline.command where command_id = $1', [awaiting_command_id]);
  return rows[0];
};

describe('a refused step', () => {
  test.each([
    ['book', ['step book', 'compensation book']],
    ['pay', ['step book', 'step pay', 'compensation pay', 'compensation book']],
    ['mail', ['step book', 'step pay', 'step mail', 'compensation mail', 'compensation pay', 'compensation book']],
  ])('%s: all that was attempted is undone, newest first', async (key, calls) => {
    const batch_id = await lab.launch(trip, { script: refusing(key) });
    const process = await lab.untilProcess(batch_id, 'COMPENSATED');
    expect(lab.callsOf(process)).toEqual(calls);
    expect(process).toMatchObject({
      error_code: 'REFUSED',
      error_message: 'No.',
      undo: null,
      awaiting_command_id: null,
      path: KEYS.slice(0, KEYS.indexOf(key as 'book') + 1),
      state: { done: KEYS.slice(0, KEYS.indexOf(key as 'book')) },
    });
    expect(process.command_ids).toHaveLength(calls.length);
    expect(await lab.events(process)).toMatchObject([{ type: 'PROCESS_COMPENSATING', reason: 'REFUSED' }]);
  });

  test('passes over what has nothing to undo', async () => {
    const batch_id = await lab.launch(partly, { script: refusing('tell') });
    const process = await lab.untilProcess(batch_id, 'COMPENSATED');
    expect(lab.callsOf(process).slice(4)).toEqual(['compensation pay', 'compensation book']);
  });

  test('with nothing to undo at all ends FAILED at once', async () => {
    const batch_id = await lab.launch(bare, { script: refusing('see') });
    const process = await lab.untilProcess(batch_id, 'FAILED');
    expect(process).toMatchObject({ error_code: 'REFUSED', undo: null });
    expect(lab.callsOf(process)).toEqual(['step look', 'step see']);
    expect(await lab.events(process)).toEqual([]);
  });

  test('is not retried and needs no operator', async () => {
    const batch_id = await lab.launch(trip, {
      script: refusing('book'),
      policy: { max_attempts: 5, backoff_ms: [0], lease_ms: 30_000 },
    });
    const process = await lab.untilProcess(batch_id, 'COMPENSATED');
    expect((await lab.commands(process)).map(({ status, attempts }) => [status, attempts])).toEqual([
      ['FAILED', 1],
      ['COMPLETED', 1],
    ]);
  });

  test('one compensation at a time: the next is sent when the last has succeeded', async () => {
    const reached = signal<Call>('mail is being undone');
    const release = signal('go on');
    const script: Script = async (call) => {
      if (isStep(call, 'mail')) refuse();
      if (isUndo(call, 'mail')) {
        reached.fire(call);
        await release.promise;
      }
    };
    const batch_id = await lab.launch(trip, { script });
    await reached.promise;
    const [process] = (await lab.processes(batch_id)) as [LabProcess];
    expect(process).toMatchObject({ status: 'COMPENSATING', current_step: 'mail', undo: 3, error_code: 'REFUSED' });
    expect(await lab.commands(process)).toHaveLength(4);
    release.fire();
    await lab.untilProcess(batch_id, 'COMPENSATED');
  });
});

describe('an operator cancels a parked step', () => {
  const breaking =
    (key: string, error: Error): Script =>
    (call) => {
      if (isStep(call, key)) throw error;
    };

  test.each(KEYS)('%s: it was attempted, so it is undone first', async (key) => {
    const batch_id = await lab.launch(trip, {
      script: breaking(key, new PermanentCommandError('BROKEN', 'It broke.')),
    });
    const process = await lab.untilProcess(batch_id, 'WAITING_FOR_TSQ');
    expect(process).toMatchObject({ error_code: 'BROKEN', error_message: 'It broke.', undo: null });
    await cancelCommand(lab.bus, process.awaiting_command_id as string, { ...operator, reason: 'Enough.' });
    expect(await lab.untilProcess(batch_id, 'COMPENSATED')).toMatchObject({
      error_code: 'OPERATOR_CANCELED',
      error_message: 'Enough.',
    });
    const steps = KEYS.slice(0, KEYS.indexOf(key) + 1);
    expect(lab.callsOf(process)).toEqual([
      ...steps.map((step) => `step ${step}`),
      ...steps.toReversed().map((step) => `compensation ${step}`),
    ]);
  });

  test('with nothing to undo it ends CANCELED', async () => {
    const script = breaking('see', new TransientCommandError('BUSY', 'Later.'));
    const batch_id = await lab.launch(bare, { script });
    const process = await lab.untilProcess(batch_id, 'WAITING_FOR_TSQ');
    expect(await awaited(process)).toMatchObject({ park_reason: 'EXHAUSTED', attempts: 2 });
    await cancelCommand(lab.bus, process.awaiting_command_id as string, { ...operator, reason: 'Enough.' });
    expect(await lab.untilProcess(batch_id, 'CANCELED')).toMatchObject({ error_code: 'OPERATOR_CANCELED' });
  });

  test('retried it goes on, completed by hand it goes on with that result', async () => {
    let failing = true;
    const script: Script = (call) => {
      if (isStep(call, 'pay') && failing) throw new PermanentCommandError('BROKEN', 'It broke.');
    };
    const retried = await lab.launch(trip, { script });
    const completed = await lab.launch(trip, { script });
    const first = await lab.untilProcess(retried, 'WAITING_FOR_TSQ');
    const second = await lab.untilProcess(completed, 'WAITING_FOR_TSQ');
    failing = false;
    await retryCommand(lab.bus, first.awaiting_command_id as string, operator);
    await completeCommand(lab.bus, second.awaiting_command_id as string, operator, { by: 'hand' });
    expect((await lab.untilProcess(retried, 'COMPLETED')).error_code).toBeNull();
    expect((await lab.untilProcess(completed, 'COMPLETED')).error_code).toBeNull();
    expect(lab.callsOf(first)).toEqual(['step book', 'step pay', 'step pay', 'step mail']);
    expect(lab.callsOf(second)).toEqual(['step book', 'step pay', 'step mail']);
  });
});

describe('a compensation that fails', () => {
  /** Step mail is refused; undoing `key` fails while `state.failing`. */
  async function park(key: string, thrown: Error, fields = {}) {
    const state = { failing: true };
    const script: Script = (call) => {
      if (isStep(call, 'mail')) refuse();
      if (isUndo(call, key) && state.failing) throw thrown;
    };
    const batch_id = await lab.launch(trip, { script, ...fields });
    const process = await lab.untilProcess(batch_id, 'WAITING_FOR_TSQ');
    return { batch_id, process, state, command_id: process.awaiting_command_id as string };
  }

  test.each([
    ['refused', 'COMPENSATION_FAILED', 1, new BusinessRuleError('TOO_LATE', 'Gone.')],
    ['broken for good', 'PERMANENT', 1, new PermanentCommandError('TOO_LATE', 'Gone.')],
    ['failing each time', 'EXHAUSTED', 2, new TransientCommandError('TOO_LATE', 'Gone.')],
  ])('%s: parks (%s), and the process waits with its own cause', async (_, park_reason, attempts, thrown) => {
    const { process } = await park('pay', thrown);
    expect(process).toMatchObject({ current_step: 'pay', undo: 2, error_code: 'REFUSED', error_message: 'No.' });
    expect(await awaited(process)).toMatchObject({
      status: 'IN_TROUBLESHOOTING_QUEUE',
      purpose: 'compensation',
      park_reason,
      attempts,
      error_code: 'TOO_LATE',
    });
  });

  test('retried: it compensates again, and the rest follows', async () => {
    const { batch_id, process, state, command_id } = await park('pay', new BusinessRuleError('TOO_LATE', 'Gone.'));
    const reached = signal('it is tried again');
    const release = signal('go on');
    lab.onProbe = async (point, context) => {
      if (point !== 'before_handler' || (context as Call).command_id !== command_id) return;
      reached.fire();
      await release.promise;
    };
    state.failing = false;
    expect(await retryCommand(lab.bus, command_id, operator)).toMatchObject({ status: 'PENDING' });
    await reached.promise;
    expect((await lab.processes(batch_id))[0]).toMatchObject({
      status: 'COMPENSATING',
      undo: 2,
      error_code: 'REFUSED',
    });
    release.fire();
    lab.onProbe = () => {};
    expect(await lab.untilProcess(batch_id, 'COMPENSATED')).toMatchObject({ error_code: 'REFUSED' });
    expect(lab.callsOf(process).slice(3)).toEqual([
      'compensation mail',
      'compensation pay',
      'compensation pay',
      'compensation book',
    ]);
  });

  test('completed by hand: counts as undone', async () => {
    const { batch_id, process, command_id } = await park('pay', new BusinessRuleError('TOO_LATE', 'Gone.'));
    await completeCommand(lab.bus, command_id, operator);
    expect(await lab.untilProcess(batch_id, 'COMPENSATED')).toMatchObject({ error_code: 'REFUSED' });
    expect(lab.callsOf(process).slice(3)).toEqual(['compensation mail', 'compensation pay', 'compensation book']);
  });

  test('cancelled: it is skipped, the rest is undone, and the process ends FAILED with COMPENSATION_SKIPPED', async () => {
    const { batch_id, process, command_id } = await park('pay', new BusinessRuleError('TOO_LATE', 'Gone.'));
    await cancelCommand(lab.bus, command_id, { ...operator, reason: 'Leave it.' });
    const ended = await lab.untilProcess(batch_id, 'FAILED');
    expect(ended).toMatchObject({ error_code: 'COMPENSATION_SKIPPED', undo: null });
    expect(ended.error_message).toMatch(/pay was skipped.*REFUSED/);
    expect(lab.callsOf(process).slice(3)).toEqual(['compensation mail', 'compensation pay', 'compensation book']);
  });

  test.each([
    ['cancelled', 'FAILED', 'COMPENSATION_SKIPPED'],
    ['completed', 'COMPENSATED', 'REFUSED'],
  ] as const)('%s as the last one, the process ends there: %s', async (verb, status, error_code) => {
    const { batch_id, command_id } = await park('book', new PermanentCommandError('TOO_LATE', 'Gone.'));
    if (verb === 'cancelled') await cancelCommand(lab.bus, command_id, { ...operator, reason: 'Leave it.' });
    else await completeCommand(lab.bus, command_id, operator);
    // In the operator's own transaction: no worker has a part in it.
    expect((await lab.processes(batch_id))[0]).toMatchObject({ status, error_code, awaiting_command_id: null });
  });

  test('skipped, and the next one parks too: still COMPENSATION_SKIPPED, whatever becomes of that', async () => {
    const script: Script = (call) => {
      if (isStep(call, 'mail')) refuse();
      if (call.purpose === 'compensation') throw new PermanentCommandError('TOO_LATE', 'Gone.');
    };
    const batch_id = await lab.launch(trip, { script });
    for (const key of ['mail', 'pay']) {
      const process = await lab.untilProcess(batch_id, 'WAITING_FOR_TSQ');
      expect(process.current_step).toBe(key);
      await cancelCommand(lab.bus, process.awaiting_command_id as string, { ...operator, reason: 'Leave it.' });
    }
    const last = await lab.untilProcess(batch_id, 'WAITING_FOR_TSQ');
    expect(last).toMatchObject({ current_step: 'book', error_code: 'COMPENSATION_SKIPPED' });
    await completeCommand(lab.bus, last.awaiting_command_id as string, operator);
    const ended = await lab.untilProcess(batch_id, 'FAILED');
    expect(ended.error_message).toMatch(/pay was skipped.*mail was skipped.*REFUSED: No\./);
  });
});

test('compensations are never chaotic: where every step is made to fail, undoing still works', async () => {
  const faults = { fail_business_rule_pct: 100, fail_permanent_pct: 0 };
  const batch_id = await lab.launch(trip, { count: 5, behavior: { mail: faults } });
  const rows = await lab.untilProcesses(batch_id, 'COMPENSATED');
  for (const process of rows) {
    expect(process.error_code).toBe('CHAOS_BUSINESS_RULE');
    expect(lab.callsOf(process)).toEqual([
      'step book',
      'step pay',
      'compensation mail',
      'compensation pay',
      'compensation book',
    ]);
  }
  const { rows: chaotic } = await lab.pool.query(
    `select c.purpose, count(*)::int as count from e2e.test_command t join faultline.command c using (command_id)
     where c.batch_id = $1 group by c.purpose`,
    [batch_id],
  );
  expect(chaotic).toEqual([{ purpose: 'step', count: 5 }]);
});
