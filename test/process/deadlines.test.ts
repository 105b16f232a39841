// Deadlines of steps and of processes: when they apply, what follows, and when they start again. Also what comes after the end.

import { describe, expect, test } from 'vitest';
import { notifyTransitions, transitionCommand } from '../../src/bus/transitions.ts';
import { completeCommand, retryCommand } from '../../src/bus/troubleshooting.ts';
import { withTx } from '../../src/db/pool.ts';
import { lockCommand } from '../../src/db/queries/troubleshooting.ts';
import type { DeadlineAction } from '../../src/model/command.ts';
import { PermanentCommandError } from '../../src/model/errors.ts';
import { laneOf } from '../../src/model/ids.ts';
import type { AnyProcessDefinition } from '../../src/process/define.ts';
import { signal, until } from '../support/until.ts';
import { type Call, chain, type LabProcess, openLab } from './lab.ts';

const HOUR_MS = 3_600_000;
const KEYS = ['book', 'pay', 'mail'];

const ofStep = (on_deadline: DeadlineAction): AnyProcessDefinition => {
  const definition = chain(KEYS, { type: `Step-${on_deadline}` });
  const steps = definition.steps.map((step) =>
    step.key === 'pay' ? { ...step, deadline_ms: HOUR_MS, on_deadline } : step,
  );
  return { ...definition, steps };
};
const ofProcess = (on_deadline: DeadlineAction): AnyProcessDefinition => ({
  ...chain(KEYS, { type: `Whole-${on_deadline}` }),
  deadline_ms: HOUR_MS,
  on_deadline,
});
const definitions = {
  step: { tsq: ofStep('tsq'), compensate: ofStep('compensate'), fail: ofStep('fail') },
  process: { tsq: ofProcess('tsq'), compensate: ofProcess('compensate'), fail: ofProcess('fail') },
};
const lab = await openLab({ processes: Object.values(definitions).flatMap((some) => Object.values(some)), lanes: 3 });
await lab.work();

/** A process whose step `pay` is under way until the test lets it end. */
async function heldAtPay(definition: AnyProcessDefinition) {
  const held = signal<Call>('pay is under way');
  const go = signal('pay may end');
  const batch_id = await lab.launch(definition, {
    script: async (call) => {
      if (call.step !== 'pay' || call.purpose !== 'step' || call.attempt > 1) return;
      held.fire(call);
      await go.promise;
    },
  });
  return { batch_id, call: await held.promise, go };
}

/** As if the hour had passed. */
const pass = {
  step: ({ command_id }: Call) =>
    lab.pool.query('update faultline.command set deadline_at = now() where command_id = $1', [command_id]),
  process: ({ process_id }: Pick<Call, 'process_id'>) =>
    lab.pool.query('update faultline.process set deadline_at = now() where process_id = $1', [process_id]),
};

const undone = ({ process_id }: LabProcess) =>
  lab.callsOf({ process_id }).filter((call) => call.startsWith('compensation'));

const NAMES = { step: 'step pay', process: 'the process' };

describe.each(['step', 'process'] as const)('P09: the deadline of a %s passes', (whose) => {
  const cause = {
    error_code: 'DEADLINE_EXCEEDED',
    error_message: `The deadline of ${NAMES[whose]}, ${HOUR_MS} ms, has passed.`,
  };

  test('tsq: an operator is asked, and his retry lets it go on with its whole time', async () => {
    const { batch_id, call, go } = await heldAtPay(definitions[whose].tsq);
    await pass[whose](call);
    const waiting = await lab.untilProcess(batch_id, 'WAITING_FOR_TSQ');
    expect(waiting).toMatchObject(cause);
    await until('the signal fires', () => call.signal.aborted);
    expect(await lab.commands(waiting)).toMatchObject([{}, { park_reason: 'DEADLINE_EXCEEDED', ...cause }]);
    expect((await lab.events(waiting)).find(({ type }) => type === 'DEADLINE_EXCEEDED')).toMatchObject({
      details: { whose: whose === 'step' ? 'command' : 'process', action: 'tsq' },
    });
    await retryCommand(lab.bus, call.command_id, { actor: 'ada' });
    await lab.untilProcess(batch_id, 'COMPLETED');
    go.fire();
  });

  test('compensate: the process undoes what it did, the step under way included', async () => {
    const { batch_id, call, go } = await heldAtPay(definitions[whose].compensate);
    await pass[whose](call);
    const process = await lab.untilProcess(batch_id, 'COMPENSATED');
    expect(process).toMatchObject(cause);
    expect(undone(process)).toEqual(['compensation pay', 'compensation book']);
    expect((await lab.commands(process))[1]).toMatchObject({ status: 'FAILED', ...cause });
    go.fire();
  });

  test('fail: the process ends at once, and what it did stays done', async () => {
    const { batch_id, call, go } = await heldAtPay(definitions[whose].fail);
    await pass[whose](call);
    const process = await lab.untilProcess(batch_id, 'FAILED');
    expect(process).toMatchObject({ ...cause, keep_effects: true });
    go.fire();
    await until('the late result was refused', async () =>
      (await lab.events(call)).some(({ type }) => type === 'LATE_RESULT_DISCARDED'),
    );
    expect(undone(process)).toEqual([]);
  });
});

test('a deadline stands on the command of its step alone, and counts from when that is sent', async () => {
  const batch_id = await lab.launch(definitions.step.tsq);
  const process = await lab.untilProcess(batch_id, 'COMPLETED');
  const rows = await lab.commands(process);
  expect(rows.map(({ step, deadline_ms, on_deadline }) => [step, deadline_ms, on_deadline])).toEqual([
    ['book', null, null],
    ['pay', HOUR_MS, 'tsq'],
    ['mail', null, null],
  ]);
  const [, pay] = rows;
  expect(pay?.deadline_at.getTime() - pay?.created_at.getTime()).toBe(HOUR_MS);
  const { rows: none } = await lab.pool.query('select deadline_at from faultline.process where process_id = $1', [
    process.process_id,
  ]);
  expect(none).toEqual([{ deadline_at: null }]);
});

test('the deadline of a process spans its steps, and does not apply while an operator is asked; completing starts it again', async () => {
  const batch_id = await lab.launch(definitions.process.compensate, {
    script: (call) => {
      if (call.step === 'pay') throw new PermanentCommandError('BROKEN', 'It is broken.');
    },
  });
  const waiting = await lab.untilProcess(batch_id, 'WAITING_FOR_TSQ');
  await pass.process(waiting);
  // Another that is due too is ended by the same rounds; the one that waits for an operator is not.
  const other = await heldAtPay(definitions.process.compensate);
  await pass.process(other.call);
  await lab.untilProcess(other.batch_id, 'COMPENSATED');
  other.go.fire();
  expect((await lab.processes(batch_id))[0]).toMatchObject({ status: 'WAITING_FOR_TSQ', error_code: 'BROKEN' });

  await completeCommand(lab.bus, waiting.awaiting_command_id as string, { actor: 'ada' }, {});
  const process = await lab.untilProcess(batch_id, 'COMPLETED');
  const { rows } = await lab.pool.query(
    `select deadline_at > now() + interval '59 minutes' as again from faultline.process where process_id = $1`,
    [process.process_id],
  );
  expect(rows).toEqual([{ again: true }]);
});

test('P10: a late reply to a process that has ended is recorded, never applied', async () => {
  const endings = [
    ['COMPLETED', definitions.step.tsq],
    ['COMPENSATED', definitions.step.compensate],
    ['FAILED', definitions.step.fail],
  ] as const;
  for (const [status, definition] of endings) {
    const { batch_id, call, go } = await heldAtPay(definition);
    if (status === 'COMPLETED') go.fire();
    else await pass.step(call);
    const ended = await lab.untilProcess(batch_id, status);
    for (const outcome of ['SUCCESS', 'FAILED', 'CANCELED'] as const)
      await withTx(lab.pool, async (tx) => {
        const command = await lockCommand(tx, call.command_id);
        if (command === null) throw new Error('there is no such command');
        expect(command.lane).toBe(laneOf(call.command_id, 3));
        await notifyTransitions(lab.bus, tx, [
          { kind: 'replied', command: transitionCommand(command), reply: { outcome, result: { late: true } } },
        ]);
      });
    expect((await lab.processes(batch_id))[0]).toEqual(ended);
    const ignored = (await lab.events(ended)).filter(({ type }) => type === 'REPLY_IGNORED');
    expect(ignored.map(({ details }) => details)).toMatchObject(
      ['SUCCESS', 'FAILED', 'CANCELED'].map((outcome) => ({ outcome, status })),
    );
    go.fire();
  }
});
