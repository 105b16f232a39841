// The databases of the tests: migrated, apart from each other, gone after use.

import pg from 'pg';
import { expect, test } from 'vitest';
import { createTestDatabase } from './database.ts';

const db = await createTestDatabase();

test('a clone is migrated', async () => {
  const { rows } = await db.pool.query('select name from faultline.migration order by name');
  expect(rows.length).toBeGreaterThan(0);
});

test('clones share nothing', async () => {
  const other = await createTestDatabase();
  await db.pool.query('create table only_here ()');
  const { rows } = await other.pool.query(`select to_regclass('only_here') is null as absent`);
  expect(rows).toEqual([{ absent: true }]);
});

test('an empty database has no schema of ours', async () => {
  const empty = await createTestDatabase({ empty: true });
  const { rows } = await empty.pool.query(`select to_regnamespace('faultline') is null as absent`);
  expect(rows).toEqual([{ absent: true }]);
});

test('a dropped database is gone, and dropping twice is harmless', async () => {
  const dropped = await createTestDatabase();
  await dropped.drop();
  await dropped.drop();
  const client = new pg.Client({ connectionString: dropped.url });
  await expect(client.connect()).rejects.toMatchObject({ code: '3D000' });
});

test('eight clones at once', async () => {
  const clones = await Promise.all(Array.from({ length: 8 }, () => createTestDatabase({ pool_size: 1 })));
  expect(new Set(clones.map((clone) => clone.url)).size).toBe(8);
});
