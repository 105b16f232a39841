// Definitions and handlers as people write them, right or only just: what the bus makes of them, the replay makes too.

import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Handler } from '../../src/bus/handlers.ts';
import type { Application } from '../../src/process/application.ts';
import { cancelProcess } from '../../src/process/cancel-process.ts';
import { defineProcess, type StepDefinition } from '../../src/process/define.ts';
import { until } from '../support/until.ts';
import { openVerdictLab } from './lab.ts';

type State = Record<string, unknown>;

const step = (key: string, more: Partial<StepDefinition<State>> = {}): StepDefinition<State> => ({
  key,
  command: 'Do',
  request: () => ({ key }),
  ...more,
});
const define = (type: string, steps: StepDefinition<State>[], start: (input: State) => State = () => ({})) =>
  defineProcess({
    type,
    version: 1,
    domain: 'honest',
    input: z.looseObject({}),
    state: z.looseObject({}),
    start,
    steps,
  });

const HONEST = {
  'what it is told of itself goes into the payload': define('Spread', [
    step('a', { request: (_state, ids) => ({ ...ids }) }),
    step('b', { request: (_state, ids) => ({ ...ids, more: 1 }) }),
  ]),
  'its handler returns nothing': define('Nothing', [
    step('a', { onReply: (state, { result }) => ({ ...state, last: result }) }),
    step('b', { onReply: (state, reply) => ({ ...state, reply }) }),
  ]),
  'it writes to what it was given': define(
    'Shared',
    [
      step('a', {
        onReply: (state) => {
          (state.tags as string[]).push('x');
          return state;
        },
      }),
      step('b', { request: ({ tags }) => ({ tags }) }),
    ],
    ({ tags }) => ({ tags }),
  ),
  'its state has a key without a value': define(
    'Absent',
    [step('a'), step('b', { request: (state) => ({ note: 'none', ...state }) })],
    () => ({ note: undefined }),
  ),
  'its state has a date': define(
    'Dated',
    [step('a'), step('b', { request: ({ at }) => ({ text: `since ${at}` }) })],
    () => ({ at: new Date(0) }),
  ),
  'it asks with undefined': define('Undefined', [step('a'), step('b', { request: () => undefined as never })]),
  'it asks with null': define('Null', [step('a'), step('b', { request: () => null as never })]),
  'it looks at itself': define('This', [
    step('a', {
      request() {
        return { key: (this as unknown as StepDefinition<State>).key };
      },
    }),
  ]),
};

/** Processes of which an attempt has begun to work. */
const begun = new Set<string>();

/** Works until it is told to stop. */
const hold: Handler<object> = (_payload, { command, signal }) =>
  new Promise((_resolve, reject) => {
    begun.add(command.process_id as string);
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason));
  });
const undo = { command: 'Do', request: () => ({}) };
const overdue = define('Overdue', [
  step('a', { command: 'Hold', deadline_ms: 300, on_deadline: 'compensate', compensate: undo }),
  step('b'),
]);
const held = define('Held', [step('a', { command: 'Hold', compensate: undo }), step('b')]);

const application: Application = {
  name: 'honest',
  processes: [...Object.values(HONEST), overdue, held],
  register: (registry) => registry.register('honest', 'Do', () => undefined).register('honest', 'Hold', hold),
};
const lab = await openVerdictLab({ application: () => application });
const { pool } = lab.database;
await lab.work();
const launch = (definition: typeof held) => lab.launch({ definition, input: { tags: ['t'] }, count: 3 });

async function expectPass(batch_id: string): Promise<void> {
  const { verdict, details } = await lab.verify(batch_id);
  expect({ verdict, details }).toEqual({ verdict: 'pass', details: [] });
}

/** Once what was attempted, and once more what had begun: it was given back too late, and may have done anything. */
const untilUndone = (batch_id: string) =>
  until('late effects are undone', async () => {
    const { rows } = await pool.query<{ process_id: string; attempted: boolean; undone: number }>(
      `select process_id, bool_or(type = 'Hold' and attempts > 0) as attempted,
         count(*) filter (where purpose = 'compensation' and status = 'COMPLETED') as undone
       from faultline.command where batch_id = $1 and process_id is not null group by process_id`,
      [batch_id],
    );
    return rows.every(
      ({ process_id, attempted, undone }) => undone === Number(attempted) + Number(begun.has(process_id)),
    );
  });

test.each(Object.entries(HONEST))('%s', async (_what, definition) => {
  const batch_id = await launch(definition);
  await lab.untilRest(batch_id);
  await expectPass(batch_id);
});

test('what a deadline stopped is undone, and undone once more when it was given back late', async () => {
  const batch_id = await launch(overdue);
  await lab.untilRest(batch_id);
  await untilUndone(batch_id);
  await expectPass(batch_id);
});

test('what is cancelled under way is, too', async () => {
  const batch_id = await launch(held);
  const processes = await until('all are under way', async () => {
    const { rows } = await pool.query<{ process_id: string }>(
      'select process_id from faultline.process where batch_id = $1',
      [batch_id],
    );
    return rows.length === 3 && rows.every(({ process_id }) => begun.has(process_id)) && rows;
  });
  for (const { process_id } of processes)
    await cancelProcess(lab.service.bus, process_id, { actor: 'ann', reason: 'to see' }, { compensate: true });
  await lab.untilRest(batch_id);
  await untilUndone(batch_id);
  await expectPass(batch_id);
});
