// The schema of a state holds wherever a state is made: at the start, and by what a reply changes. What is kept is what it returns.

import { expect, test } from 'vitest';
import { z } from 'zod';
import { StatementReport } from '../../reporting/process.ts';
import { InvalidInputError } from '../../src/model/errors.ts';
import { advance, begin, startState } from '../../src/process/advance.ts';
import { retryProcess } from '../../src/process/cancel-process.ts';
import { defineProcess } from '../../src/process/define.ts';
import { createAnalysis } from '../../src/verification/analysis.ts';
import { bindDefinition, planOf } from '../../src/verification/process-plan.ts';
import { DOMAIN, openLab } from './lab.ts';
import { processRow } from './rows.ts';

/** What the code of the definition makes beyond its types; tests set it. */
const odd = { start: {}, reply: {} };

const charge = defineProcess({
  type: 'Charge',
  version: 1,
  domain: DOMAIN,
  input: z.strictObject({ script: z.string() }),
  state: z.object({
    script: z.string().trim(),
    charge_id: z.string().nullable(),
    tries: z.int().default(0),
  }),
  start: ({ script }, { ordinal }) => ({
    script,
    charge_id: null,
    tries: undefined as unknown as number,
    ...(ordinal === 1500 || ordinal === 0 ? odd.start : {}),
  }),
  steps: [
    {
      key: 'charge',
      command: 'Charge',
      request: ({ script }, { ordinal }) => ({ script, key: 'charge', ordinal }),
      onReply: (state) => ({ ...state, charge_id: 'c', tries: state.tries + 1, ...odd.reply }),
    },
    {
      key: 'tell',
      command: 'Tell',
      request: ({ script, charge_id }, { ordinal }) => ({ script, key: 'tell', ordinal, charge_id }),
    },
  ],
});

const lab = await openLab({ processes: [charge] });
await lab.work();

test('a state that does not fit is an error of the code: the process waits, told which field, and goes on when it is mended', async () => {
  odd.reply = { charge_id: 5 };
  const batch_id = await lab.launch(charge);
  const waiting = await lab.untilProcess(batch_id, 'WAITING_FOR_TSQ');
  expect(waiting.error_code).toBe('ADVANCE_FAILED');
  expect(waiting.error_message).toMatch(/state that charge makes .*state\.charge_id/);
  expect(waiting.state).toMatchObject({ charge_id: null, tries: 0 });
  odd.reply = {};
  await retryProcess(lab.bus, waiting.process_id, { actor: 'ann' });
  expect((await lab.untilProcess(batch_id, 'COMPLETED')).state).toMatchObject({ charge_id: 'c', tries: 1 });
});

test('what is kept is what the schema returns; the behavior of the launcher is kept too, and the verdict agrees', async () => {
  odd.reply = { unknown: true, script: '  ' };
  const behavior = { charge: { min_duration_ms: 1 } };
  const batch_id = await lab.launch(charge, { behavior });
  const { state } = await lab.untilProcess(batch_id, 'COMPLETED');
  expect(state).toEqual({ script: '', charge_id: 'c', tries: 1, behavior });
  await lab.untilBatch(batch_id, 'COMPLETED');
  const analysis = createAnalysis(lab.service);
  expect((await analysis.verify(batch_id))?.checks.filter(({ status }) => status === 'fail')).toEqual([]);
  odd.reply = {};
});

test('a state that does not fit at the start refuses the launch, which wrote nothing', async () => {
  odd.start = { charge_id: 5 };
  const before = await lab.pool.query('select count(*) from faultline.batch');
  const launching = lab.launch(charge);
  await expect(launching).rejects.toThrow(InvalidInputError);
  await expect(launching).rejects.toMatchObject({ errors: [{ path: 'state.charge_id' }] });
  expect((await lab.pool.query('select count(*) from faultline.batch')).rows).toEqual(before.rows);
  odd.start = {};
});

test('the preview knows that a reply makes a state which does not fit', () => {
  const [step] = planOf(charge, { script: '' }).steps;
  odd.reply = { charge_id: 5 };
  expect(step?.throwsOn({}, 0)).toBe(true);
  odd.reply = {};
  expect(step?.throwsOn({}, 0)).toBe(false);
});

test('a definition without a schema, of a program that knows no types, keeps what its code makes', () => {
  const untyped = { ...charge, state: undefined as never };
  expect(startState(untyped, { script: 's' }, { ordinal: 1, batch_id: null })).toMatchObject({ script: 's' });
});

test('states of the bundled report fit, with and without behavior, whatever its steps answer', () => {
  const input = StatementReport.input.parse({ from_date: '2026-01-01', to_date: '2026-01-31', output_type: 'pdf' });
  const code = bindDefinition(StatementReport, { batch_id: 'b', input });
  for (const launched of [{}, { behavior: { query: { fail_transient_pct: 1 } } }]) {
    let state = { ...code.start(7, 'fresh'), ...launched };
    expect(begin(StatementReport, { process_id: 'p', batch_id: 'b', ordinal: 7, state }).step).toBe('query');
    const path: string[] = [];
    for (const step of ['query', 'aggregation', 'render']) {
      path.push(step);
      const row = processRow({ process_type: 'StatementReport', path: [...path], current_step: step, state });
      const result = step === 'aggregation' ? 'odd' : { result_path: `${step}.json` };
      state = advance(StatementReport, row, { outcome: 'SUCCESS', result }, { attempted: true }).state;
    }
    expect(state).toMatchObject({ query_result_path: 'query.json', rendered_file_path: 'render.json', ...launched });
  }
});
