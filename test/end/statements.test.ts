// StatementReport from the launch to the document: the behavior on its way, the troubleshooting queue by the ordinary path,
// and thousands of statements in chunks.

import { TestCommandRepository } from 'faultline/chaos';
import { beforeAll, expect, test } from 'vitest';
import { StatementReport } from '../../reporting/process.ts';
import { cancelCommand, completeCommand, retryCommand } from '../../src/bus/troubleshooting.ts';
import { parseLaunch } from '../../src/http/launch-body.ts';
import { PermanentCommandError } from '../../src/model/errors.ts';
import { until } from '../support/until.ts';
import { INPUT, openBankService } from './bank-service.ts';
import { failedChecks, findViolations } from './story.ts';

/** What attempts of the render step threw, as whatever wraps the handler sees it. */
const thrown: unknown[] = [];
const bank = await openBankService({
  middleware: [
    async (attempt, next) => {
      try {
        return await next();
      } catch (error) {
        if (attempt.command.type === 'StatementRender') thrown.push(error);
        throw error;
      }
    },
  ],
});
const { pool, service } = bank;
const operator = { actor: 'ann', reason: 'By hand.' };

beforeAll(() => bank.work());

async function processesOf(batch_id: string) {
  const { rows } = await pool.query('select * from faultline.process where batch_id = $1 order by ordinal', [batch_id]);
  return rows;
}

test('the behavior is the same in the request, in the state of every process, and in the row beside every command', async () => {
  const behavior = {
    query: { fail_transient_pct: 12.5, error_code: 'LEDGER_BUSY', error_message: 'Später.' },
    render: {
      min_duration_ms: 1,
      max_duration_ms: 3,
      send_response: true,
      response_data: { note: ['x', { y: null }] },
    },
  };
  const body = { count: 6, ...INPUT, seed: 'on-its-way', behavior: { ...behavior, aggregation: null } };
  const request = parseLaunch(JSON.parse(JSON.stringify(body)), service);
  expect(request.behavior).toEqual(behavior);

  const batch_id = await bank.launch({ ...request, policy: { max_attempts: 20, backoff_ms: [0] } });
  await bank.untilBatch(batch_id, 'COMPLETED');
  const rows = await processesOf(batch_id);
  expect(rows.map(({ state }) => state.behavior)).toEqual(Array(6).fill(behavior));

  const repository = new TestCommandRepository();
  for (const { process_id, command_ids } of rows) {
    const found = await repository.find(pool, command_ids);
    expect(command_ids.map((id: string) => found.get(id) ?? null)).toEqual([
      { command_id: command_ids[0], lane: 0, behavior: behavior.query, payload: { process_id, process_step: 'query' } },
      null,
      {
        command_id: command_ids[2],
        lane: 0,
        behavior: behavior.render,
        payload: { process_id, process_step: 'render' },
      },
    ]);
  }
});

test('without behavior no row is written, none is looked up, and the statements are made', async () => {
  const before = await pool.query('select count(*) as count from e2e.test_command');
  const batch_id = await bank.launch({ count: 5 });
  await bank.untilBatch(batch_id, 'COMPLETED');
  const after = await pool.query('select count(*) as count from e2e.test_command');
  expect(after.rows).toEqual(before.rows);
  const { rows } = await pool.query(
    'select bool_or(annotated) as annotated from faultline.command where batch_id = $1',
    [batch_id],
  );
  expect(rows).toEqual([{ annotated: false }]);
  expect((await processesOf(batch_id)).every(({ state }) => !('behavior' in state))).toBe(true);
  expect(await bank.documents(batch_id)).toEqual(new Map([['COMPLETED: query aggregation render', 5]]));
});

test('render failing for good every time: a PermanentCommandError, parked by the ordinary path, for an operator to end', async () => {
  thrown.length = 0;
  const batch_id = await bank.launch({ count: 6, behavior: { render: { fail_permanent_pct: 100 } } });
  expect(await bank.untilBatch(batch_id, 'AT_REST')).toMatchObject({ in_troubleshooting_count: 6, completed_count: 0 });
  expect(thrown).toHaveLength(6);
  expect(thrown.every((error) => error instanceof PermanentCommandError)).toBe(true);

  const { rows: parked } = await pool.query(
    `select distinct c.status, c.park_reason, c.attempts, c.error_code, a.outcome, a.effect, a.fault, p.status as process_status,
       p.error_code as process_error
     from faultline.process p join faultline.command c on c.command_id = p.awaiting_command_id
       join faultline.attempt a on a.command_id = c.command_id
     where p.batch_id = $1`,
    [batch_id],
  );
  expect(parked).toEqual([
    {
      status: 'IN_TROUBLESHOOTING_QUEUE',
      park_reason: 'PERMANENT',
      attempts: 1,
      error_code: 'CHAOS_PERMANENT',
      outcome: 'permanent',
      effect: 'TSQ',
      fault: 'permanent',
      process_status: 'WAITING_FOR_TSQ',
      process_error: 'CHAOS_PERMANENT',
    },
  ]);
  expect(await bank.documents(batch_id)).toEqual(new Map([['WAITING_FOR_TSQ: query aggregation', 6]]));

  // Retried it fails again, completed by hand it ends without a document, cancelled all it had stored is gone.
  const ids = (await processesOf(batch_id)).map(({ awaiting_command_id }) => awaiting_command_id as string);
  await retryCommand(service.bus, ids[0] as string, operator);
  await until('it failed again', () => thrown.length === 7);
  await bank.untilBatch(batch_id, 'AT_REST');
  for (const id of ids.slice(0, 3)) await completeCommand(service.bus, id, operator);
  for (const id of ids.slice(3)) await cancelCommand(service.bus, id, operator);
  await bank.untilBatch(batch_id, 'COMPLETED_WITH_FAILURES');
  expect(await findViolations(pool, batch_id)).toEqual([]);
  expect(await failedChecks(pool, batch_id, StatementReport)).toEqual([]);
  expect(await bank.documents(batch_id)).toEqual(
    new Map([
      ['COMPENSATED: ', 3],
      ['COMPLETED: query aggregation', 3],
    ]),
  );
});

test('5,000 statements are launched in chunks and all of them made', { timeout: 60_000 }, async () => {
  const batch_id = await bank.launch({ count: 5000 });
  expect(await bank.untilBatch(batch_id, 'COMPLETED', { deadline_ms: 55_000, every_ms: 100 })).toMatchObject({
    total_count: 5000,
    created_count: 5000,
    completed_count: 5000,
  });
  expect(await findViolations(pool, batch_id)).toEqual([]);
  expect(await failedChecks(pool, batch_id, StatementReport)).toEqual([]);
  expect(await bank.documents(batch_id)).toEqual(new Map([['COMPLETED: query aggregation render', 5000]]));
});
