// What the replay determines: one column after another is changed as a bug might leave it, and the check that compares it fails.

import { afterEach, expect, test } from 'vitest';
import type { CheckName } from '../../src/verification/checks/checks.ts';
import { openVerdictLab } from './lab.ts';

const lab = await openVerdictLab();
const { pool } = lab.database;
const worker = await lab.work();
const each = { fail_permanent_pct: 8, fail_transient_pct: 25, fail_business_rule_pct: 12 };
const behavior = { query: each, aggregation: each, render: each };
const batch_id = await lab.launch({ count: 40, seed: 'tamper', behavior });
await lab.untilRest(batch_id);
await worker.stop();

const TABLES = ['faultline.process', 'faultline.command', 'faultline.attempt', 'e2e.test_command'];
const keptOf = (table: string) => `kept_${table.replace('.', '_')}`;
for (const table of TABLES) await pool.query(`create table ${keptOf(table)} as select * from ${table}`);
let damaged: readonly string[] = [];
afterEach(async () => {
  for (const table of damaged)
    await pool.query(`truncate ${table}; insert into ${table} select * from ${keptOf(table)}`);
});

async function failedAfter(tables: readonly string[], text: string): Promise<string[]> {
  damaged = tables;
  expect((await pool.query(text, [batch_id])).rowCount).toBe(1);
  return (await lab.verify(batch_id)).failed;
}

test('what is untouched passes', async () => {
  expect(await lab.verify(batch_id)).toMatchObject({ verdict: 'pass', skipped: {} });
});

const ROWS = {
  process: ['faultline.process', `x.batch_id = $1 and x.status = 'COMPLETED'`],
  step: ['faultline.command', `x.batch_id = $1 and x.purpose = 'step' and x.status = 'COMPLETED' and x.attempts = 1`],
  compensation: ['faultline.command', `x.batch_id = $1 and x.purpose = 'compensation'`],
  success: ['faultline.attempt', `x.batch_id = $1 and x.purpose = 'step' and x.outcome = 'success'`],
  transient: ['faultline.attempt', `x.batch_id = $1 and x.fault = 'transient' and x.retry_at is not null`],
  chaos: [
    'e2e.test_command',
    `exists (select 1 from faultline.attempt a where a.batch_id = $1 and a.command_id = x.command_id and a.fault = 'transient')`,
  ],
} as const;

const EDITS: [rows: keyof typeof ROWS, set: string, fails: CheckName][] = [
  ['process', `current_step = 'query'`, 'ends_as_replayed'],
  ['process', 'undo = 1', 'ends_as_replayed'],
  ['process', `ending = 'FAILED'`, 'ends_as_replayed'],
  ['process', 'keep_effects = true', 'ends_as_replayed'],
  ['process', `error_code = 'OTHER'`, 'ends_as_replayed'],
  ['process', `error_message = 'other'`, 'ends_as_replayed'],
  ['process', 'awaiting_command_id = command_ids[1]', 'ends_as_replayed'],
  ['process', 'deadline_ms = 5', 'ends_as_replayed'],
  ['process', `on_deadline = 'tsq'`, 'ends_as_replayed'],
  ['process', `path = path || 'render'::text`, 'steps_complete'],
  ['process', 'command_ids = command_ids || command_ids', 'steps_complete'],
  ['process', `state = state || '{"more": 1}'`, 'state'],
  ['process', `state = '[]'`, 'state'],
  ['step', `payload = payload || '{"more": 1}'`, 'steps_complete'],
  ['step', `type = 'Other'`, 'steps_complete'],
  ['step', 'step = null', 'steps_complete'],
  ['step', `purpose = 'standalone', step = null`, 'steps_complete'],
  ['step', 'deadline_ms = 5', 'steps_complete'],
  ['step', `on_deadline = 'tsq'`, 'steps_complete'],
  ['step', `status = 'FAILED'`, 'settled_once'],
  ['step', 'attempts = attempts + 1', 'settled_once'],
  ['step', 'attempts_limit = attempts_limit + 1', 'settled_once'],
  ['step', 'interruptions = 1', 'settled_once'],
  ['step', 'annotated = false', 'behavior_written'],
  ['compensation', `payload = payload || '{"more": 1}'`, 'compensations'],
  ['compensation', 'deadline_ms = 5', 'compensations'],
  ['success', `effect = 'RETRY'`, 'settled_once'],
  ['success', `fault = 'duplicate'`, 'attempts_as_rolled'],
  ['transient', `outcome = 'permanent'`, 'attempts_as_rolled'],
  ['transient', 'fault = null', 'attempts_as_rolled'],
  ['transient', `error_code = 'OTHER'`, 'attempts_as_rolled'],
  ['transient', `error_message = 'other'`, 'attempts_as_rolled'],
  ['transient', `reason = 'EXHAUSTED'`, 'settled_once'],
  ['transient', 'retry_at = null', 'settled_once'],
  ['transient', `retry_at = retry_at + interval '1 s'`, 'settled_once'],
  ['transient', 'attempt = 7', 'settled_once'],
  ['chaos', `behavior = behavior || '{"timeout_pct": 1}'`, 'behavior_written'],
  ['chaos', `behavior = '"odd"'`, 'behavior_written'],
  ['chaos', `suppressed = '{1,2,3}'`, 'attempts_as_rolled'],
];

test.each(EDITS)('%s: %s fails %s', async (rows, set, check) => {
  const [table, where] = ROWS[rows];
  const text = `update ${table} set ${set} where ctid = (select x.ctid from ${table} x where ${where} order by x.ctid limit 1)`;
  expect(await failedAfter([table], text)).toContain(check);
});

test('a process that lists the commands of another fails', async () => {
  const text = `update faultline.process p set command_ids = q.command_ids from faultline.process q
    where p.batch_id = $1 and p.ordinal = 0 and q.batch_id = $1 and q.ordinal = 1`;
  expect(await failedAfter(['faultline.process'], text)).toContain('one_command_per_step');
});
