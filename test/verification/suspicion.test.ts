// A full verdict asks SQL only about what its replay made it suspect: whatever the statements would find, it must suspect.

import { expect, test } from 'vitest';
import { verifyLightly } from '../../src/verification/verify.ts';
import { openVerdictLab } from './lab.ts';

const lab = await openVerdictLab();
const { pool } = lab.database;
const worker = await lab.work();
const batch_id = await lab.launch({
  seed: 'suspicion',
  count: 40,
  behavior: { aggregation: { fail_permanent_pct: 30 } },
});
await lab.untilRest(batch_id);
// Whoever counts batches would write to one that is being written to by hand.
await worker.stop();

const RULES = ['no_settled_awaited', 'one_command_per_step'] as const;

/** By rule: how many violate it, as the statements say, and as the full verdict does. */
async function countViolations() {
  const light = await verifyLightly(pool, batch_id);
  const full = await lab.laboratory.verify(batch_id);
  return RULES.map((rule) => ({
    rule,
    light: light?.find(({ name }) => name === rule)?.count ?? -1,
    full: full?.checks.find(({ name }) => name === rule)?.count ?? -1,
  }));
}

/** The ids of a process at rest of each kind, the first that was not damaged yet. */
const DAMAGE = {
  'an ended process awaits something': [
    'no_settled_awaited',
    `update faultline.process set awaiting_command_id = command_ids[1] where batch_id = $1 and ordinal = (
       select min(ordinal) from faultline.process where batch_id = $1 and status = 'COMPLETED')`,
  ],
  'a parked process awaits nothing': [
    'no_settled_awaited',
    `update faultline.process set awaiting_command_id = null where batch_id = $1 and ordinal = (
       select min(ordinal) from faultline.process where batch_id = $1 and status = 'WAITING_FOR_TSQ')`,
  ],
  'what is awaited has ended': [
    'no_settled_awaited',
    `update faultline.command set status = 'FAILED' where command_id = (
       select awaiting_command_id from faultline.process
       where batch_id = $1 and status = 'WAITING_FOR_TSQ' and awaiting_command_id is not null order by ordinal limit 1)`,
  ],
  'a command is not listed': [
    'one_command_per_step',
    `update faultline.process set command_ids = command_ids[1:2] where batch_id = $1 and ordinal = (
       select max(ordinal) from faultline.process where batch_id = $1 and status = 'COMPLETED')`,
  ],
  'a step was sent twice': [
    'one_command_per_step',
    `update faultline.command set step = 'aggregation' where step = 'render' and process_id = (
       select process_id from faultline.process
       where batch_id = $1 and status = 'COMPLETED' and cardinality(command_ids) = 3 order by ordinal offset 1 limit 1)`,
  ],
  'a process is gone, and its commands are not': [
    'one_command_per_step',
    `delete from faultline.process where batch_id = $1 and ordinal = (
       select ordinal from faultline.process
       where batch_id = $1 and status = 'COMPLETED' and cardinality(command_ids) = 3 order by ordinal offset 2 limit 1)`,
  ],
  'a command belongs to another process': [
    'one_command_per_step',
    `update faultline.command set process_id = (
         select process_id from faultline.process where batch_id = $1 and status = 'WAITING_FOR_TSQ' order by ordinal offset 2 limit 1)
     where step = 'render' and process_id = (
       select process_id from faultline.process
       where batch_id = $1 and status = 'COMPLETED' and cardinality(command_ids) = 3 order by ordinal offset 3 limit 1)`,
  ],
} as const;

test('nothing is suspected where nothing is wrong', async () => {
  for (const { light, full } of await countViolations()) expect({ light, full }).toEqual({ light: 0, full: 0 });
});

test.each(Object.entries(DAMAGE))('%s', async (_what, [rule, damage]) => {
  const before = await countViolations();
  const { rowCount } = await pool.query(damage, [batch_id]);
  expect(rowCount).toBe(1);
  const after = await countViolations();
  const at = RULES.indexOf(rule);
  expect(after[at]?.light).toBeGreaterThan(before[at]?.light ?? 0);
  for (const { light, full } of after) expect(full).toBe(light);
});
