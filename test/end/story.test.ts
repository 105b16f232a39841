// The rules of a batch's story are worth something: each of them finds what it is there to find.

import type pg from 'pg';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { cancelCommand } from '../../src/bus/troubleshooting.ts';
import { BusinessRuleError, PermanentCommandError } from '../../src/model/errors.ts';
import { chain, openLab } from '../process/lab.ts';
import { until } from '../support/until.ts';
import { findMissingCompensations, findViolations } from './story.ts';

const trip = chain(['book', 'pay', 'mail']);
const lab = await openLab({ processes: [trip] });
let batch_id: string;
let client: pg.PoolClient;

/** One process of each ending: 0 completes, 1 is undone, 2 waits for an operator, 3 has a compensation skipped. */
beforeAll(async () => {
  await lab.work();
  batch_id = await lab.launch(trip, {
    count: 4,
    script: ({ key, purpose, ordinal }) => {
      if (key === 'mail' && purpose === 'step' && ordinal % 2 === 1) throw new BusinessRuleError('REFUSED', 'No.');
      if (key === 'mail' && ordinal === 2) throw new PermanentCommandError('BROKEN', 'It broke.');
      if (key === 'pay' && purpose === 'compensation' && ordinal === 3)
        throw new PermanentCommandError('STUCK', 'Stuck.');
    },
  });
  const rows = await lab.untilProcesses(batch_id, ['COMPLETED', 'COMPENSATED', 'WAITING_FOR_TSQ']);
  await cancelCommand(lab.bus, rows[3]?.awaiting_command_id as string, { actor: 'ann', reason: 'Leave it.' });
  await lab.untilProcesses(batch_id, ['COMPLETED', 'COMPENSATED', 'WAITING_FOR_TSQ', 'FAILED']);
  await until('all of that is counted', async () => {
    const { status, failed_count } = await lab.batch(batch_id);
    return status === 'AT_REST' && failed_count === 1;
  });
});

beforeEach(async () => {
  client = await lab.pool.connect();
  await client.query('begin');
});
afterEach(async () => {
  await client.query('rollback');
  client.release();
});

const violations = () => findViolations(client as unknown as pg.Pool, batch_id);
const of = (ordinal: number) =>
  `(select process_id from faultline.process where batch_id = $1 and ordinal = ${ordinal})`;
const step = (ordinal: number, key: string, purpose = 'step') =>
  `process_id = ${of(ordinal)} and step = '${key}' and purpose = '${purpose}'`;

test('finds nothing where nothing is wrong', async () => {
  expect(await violations()).toEqual([]);
  expect(await findMissingCompensations(lab.pool, batch_id, ['book', 'pay', 'mail'])).toEqual([]);
});

test.each([
  ['as many processes as', `delete from faultline.process where process_id = ${of(1)}`],
  ['the counts of the batch', 'update faultline.batch set completed_count = 2 where batch_id = $1'],
  ['no command is left', `update faultline.command set status = 'PENDING' where ${step(0, 'pay')}`],
  ['attempts are numbered', `update faultline.command set attempts = 2 where ${step(0, 'pay')}`],
  ['attempts are numbered', `delete from faultline.attempt where ${step(0, 'pay')}`],
  ['attempts are numbered', `update faultline.attempt set attempt = 2 where ${step(0, 'pay')}`],
  [
    'leases do not overlap',
    `insert into faultline.attempt select command_id, lane, 2, claim_id, worker_id, started_at - interval '1 s', ended_at, outcome,
       effect, retry_at, reason, error_code, error_message, fault, process_id, batch_id, purpose, step
     from faultline.attempt where ${step(0, 'pay')}`,
  ],
  ['one attempt that says so', `update faultline.command set status = 'FAILED' where ${step(0, 'pay')}`],
  [
    'a process that ended awaits nothing',
    `update faultline.process set awaiting_command_id = process_id where process_id = ${of(0)}`,
  ],
  [
    'a process that ended awaits nothing',
    `update faultline.command set status = 'CANCELED', parked_at = null where ${step(2, 'mail')}`,
  ],
  ['one command for each', `update faultline.command set step = 'pay' where ${step(0, 'mail')}`],
  ['the steps sent are the path', `update faultline.process set path = array['book'] where process_id = ${of(0)}`],
  [
    'sends a step when the one before',
    `update faultline.command set created_at = created_at - interval '1 h' where ${step(0, 'mail')}`,
  ],
  ['completed: every step', `update faultline.command set status = 'CANCELED' where ${step(0, 'book')}`],
  [
    'undone: newest first',
    `update faultline.process set command_ids = command_ids[1:3] || array[command_ids[6], command_ids[5], command_ids[4]]
     where process_id = ${of(1)}`,
  ],
  ['says why', `update faultline.process set error_code = null where process_id = ${of(1)}`],
  ['every command belongs', `update faultline.command set process_id = command_id where ${step(0, 'book')}`],
])('finds what breaks the rule: %s', async (rule, text) => {
  await client.query(text, text.includes('$1') ? [batch_id] : []);
  expect((await violations()).map((violation) => violation.rule).join('\n')).toContain(rule);
});

test('finds a step that was not undone', async () => {
  await client.query(`delete from faultline.command where ${step(1, 'pay', 'compensation')}`, [batch_id]);
  const found = await findMissingCompensations(client as unknown as pg.Pool, batch_id, ['pay']);
  expect(found).toHaveLength(1);
});
