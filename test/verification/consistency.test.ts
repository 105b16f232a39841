// Related rows that do not agree fail `rows_agree`: one row after another is changed as a bug of the bus might leave it, and restored.

import { afterEach, expect, test } from 'vitest';
import { retryCommand } from '../../src/bus/troubleshooting.ts';
import { until } from '../support/until.ts';
import { openVerdictLab } from './lab.ts';

const lab = await openVerdictLab();
const { pool } = lab.database;
const worker = await lab.work();
const each = { fail_permanent_pct: 8, fail_transient_pct: 25, fail_business_rule_pct: 12 };
const behavior = { query: each, aggregation: each, render: each };
const batch_id = await lab.launch({ count: 40, seed: 'tamper', behavior });
await lab.untilRest(batch_id);
await worker.stop();

const COMPLETED = `c.batch_id = $1 and c.purpose = 'step' and c.status = 'COMPLETED' and c.attempts = 1`;
const one = (table: string, where: string) =>
  `(select c.ctid from faultline.${table} c where ${where} order by c.ctid limit 1)`;
const damage = (table: string, set: string, where: string) =>
  `update faultline.${table} set ${set} where ctid = ${one(table, where)}`;

/** What a change restores. */
let undo: string[] = [];
afterEach(async () => {
  for (const table of undo)
    await pool.query(`truncate faultline.${table}; insert into faultline.${table} select * from kept_${table}`);
  undo = [];
});
for (const table of ['process', 'command', 'attempt', 'batch'])
  await pool.query(`create table kept_${table} as select * from faultline.${table}`);

test('sound rows pass, and the statement that people can run finds nothing', async () => {
  const rule = (await lab.analysis.verify(batch_id))?.checks.find(({ name }) => name === 'rows_agree');
  expect(rule?.status).toBe('pass');
  expect((await pool.query(rule?.sql ?? '', [batch_id])).rows).toEqual([]);
});

const NO_ID = `'00000000-0000-7000-8000-000000000000'`;
test.each([
  ['a process of another version', 'definition', damage('process', 'version = version + 1', 'c.batch_id = $1')],
  ['a command with the id of another batch', 'owner', damage('command', `batch_id = ${NO_ID}`, COMPLETED)],
  ['a command with the id of another process', 'owner', damage('command', `process_id = ${NO_ID}`, COMPLETED)],
  ['a policy copied wrong', 'policy', damage('command', 'lease_ms = lease_ms + 1', COMPLETED)],
  ['a backoff copied wrong', 'policy', damage('command', `backoff_ms = '{7}'`, COMPLETED)],
  ['a claim that is gone', 'claim_id', damage('command', 'claim_id = null', COMPLETED)],
  ['an end without a moment', 'settled_at', damage('command', 'settled_at = null', COMPLETED)],
  [
    'an attempt of another process',
    'owner',
    damage('attempt', `process_id = ${NO_ID}`, `c.batch_id = $1 and c.purpose = 'step'`),
  ],
  [
    'an attempt of another step',
    'owner',
    damage('attempt', `step = 'other'`, `c.batch_id = $1 and c.purpose = 'step'`),
  ],
  ['the claim of another attempt', 'last_attempt', damage('command', 'claim_id = gen_random_uuid()', COMPLETED)],
  [
    'an error that its last attempt did not have',
    'last_attempt',
    damage('command', `error_code = 'OTHER'`, `c.batch_id = $1 and c.status = 'IN_TROUBLESHOOTING_QUEUE'`),
  ],
  [
    'a retry before its delay',
    'due',
    `update faultline.attempt a set started_at = b.retry_at - interval '1 ms' from faultline.attempt b
     where a.command_id = b.command_id and a.attempt = 2 and b.attempt = 1 and a.batch_id = $1`,
  ],
])('%s fails', async (_what, condition, text) => {
  undo = ['process', 'command', 'attempt'];
  expect((await pool.query(text, [batch_id])).rowCount).toBeGreaterThan(0);
  const rule = (await lab.analysis.verify(batch_id))?.checks.find(({ name }) => name === 'rows_agree');
  expect(rule?.status).toBe('fail');
  expect(rule?.details.join()).toContain(condition);
  const shown = await pool.query<{ detail: string }>(rule?.sql ?? '', [batch_id]);
  expect(shown.rows.map(({ detail }) => detail).join()).toContain(condition);
});

test('what operators did explains a retry before its delay, and another error than that of the last attempt', async () => {
  const operators = await lab.work();
  const retried = await lab.launch({
    count: 2,
    seed: 'retried',
    behavior: { query: { fail_permanent_pct: 100 } },
    policy: { max_attempts: 3, backoff_ms: [3_600_000], lease_ms: 1_500 },
  });
  await lab.untilRest(retried);
  const parked = await pool.query<{ command_id: string }>(
    `select command_id from faultline.command where batch_id = $1 and status = 'IN_TROUBLESHOOTING_QUEUE'`,
    [retried],
  );
  for (const { command_id } of parked.rows) await retryCommand(lab.service.bus, command_id, { actor: 'ann' });
  await until('they are parked again', async () => {
    const { rows } = await pool.query(
      `select 1 from faultline.batch b where b.batch_id = $1 and b.status = 'AT_REST' and 2 = (select count(*) from faultline.command c
         where c.batch_id = $1 and c.status = 'IN_TROUBLESHOOTING_QUEUE' and c.attempts = 2)`,
      [retried],
    );
    return rows.length === 1;
  });
  await operators.stop();
  expect(await lab.verify(retried)).toMatchObject({ verdict: 'pass', failed: [] });
});
