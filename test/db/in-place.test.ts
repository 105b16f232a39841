// PostgreSQL updates a row in place (HOT) only where no index, partial ones and their predicates included, names a written column.
// Most steps of a process change nothing but these columns, so no index may.

import { expect, test } from 'vitest';
import { createTestDatabase } from '../support/database.ts';

const WRITTEN_BY_EVERY_STEP = ['current_step', 'awaiting_command_id', 'state', 'path', 'command_ids', 'updated_at'];

test('no index of the process names what every step writes', async () => {
  const { pool } = await createTestDatabase();
  const { rows } = await pool.query<{ index: string; column: string }>(
    `select i.indexrelid::regclass::text as index, a.attname as column
     from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attname = any($1)
     where i.indrelid = 'faultline.process'::regclass
       and pg_get_indexdef(i.indexrelid) ~ ('\\m' || a.attname || '\\M')`,
    [WRITTEN_BY_EVERY_STEP],
  );
  expect(rows).toEqual([]);
  const known = await pool.query(
    `select from pg_attribute where attrelid = 'faultline.process'::regclass and attname = any($1)`,
    [WRITTEN_BY_EVERY_STEP],
  );
  expect(known.rowCount, 'columns that are there').toBe(WRITTEN_BY_EVERY_STEP.length);
});
