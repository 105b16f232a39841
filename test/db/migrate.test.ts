// Migrations: applied once, whoever comes first; a database that is not what the code knows is refused and left alone.

import { expect, test } from 'vitest';
import { assertMigrated, migrate, readLanes } from '../../src/db/migrate.ts';
import { createPool } from '../../src/db/pool.ts';
import { SchemaMismatchError, SchemaTooNewError } from '../../src/model/errors.ts';
import { createTestDatabase } from '../support/database.ts';

async function schemas(pool: Awaited<ReturnType<typeof createTestDatabase>>['pool']): Promise<string[]> {
  const { rows } = await pool.query(
    `select nspname from pg_namespace where nspname in ('faultline', 'e2e') order by nspname`,
  );
  return rows.map(({ nspname }) => nspname);
}

test('C19: of several at the same time one migrates, the others find it done', async () => {
  const { pool, url } = await createTestDatabase({ empty: true });
  const others = [1, 2, 3].map((n) => createPool(url, { application_name: `migrator ${n}`, max: 1 }));
  const applied = await Promise.all([pool, ...others].map((each) => migrate(each)));
  await Promise.all(others.map((each) => each.end()));
  expect(applied.filter((names) => names.length > 0)).toHaveLength(1);
  const { rows } = await pool.query('select name from faultline.migration order by name');
  expect(rows.map(({ name }) => name)).toEqual(applied.flat());
  expect(applied.flat()[0]).toBe('0001_core');
  await assertMigrated(pool);
});

test('a second time there is nothing to do', async () => {
  const { pool } = await createTestDatabase();
  expect(await migrate(pool)).toEqual([]);
  await assertMigrated(pool);
});

test('a dry run tells what it would do, and does nothing', async () => {
  const { pool } = await createTestDatabase({ empty: true });
  const would = await migrate(pool, { dry_run: true });
  expect(await schemas(pool)).toEqual([]);
  expect(await migrate(pool)).toEqual(would);
  expect(await migrate(pool, { dry_run: true })).toEqual([]);
});

test('C19: a database that is not migrated is told apart from one that is', async () => {
  const { pool } = await createTestDatabase({ empty: true });
  await expect(assertMigrated(pool)).rejects.toThrow(SchemaMismatchError);
  await expect(assertMigrated(pool)).rejects.toThrow(/lacks the migrations 0001_core.*faultline migrate/);
});

test('a database newer than the code is refused, and left as it is', async () => {
  const { pool } = await createTestDatabase();
  await pool.query(`insert into faultline.migration (name, checksum) values ('9999_from_tomorrow', 'x')`);
  await expect(migrate(pool)).rejects.toThrow(SchemaTooNewError);
  await expect(assertMigrated(pool)).rejects.toThrow(/9999_from_tomorrow/);
});

test('a file that was changed after it was applied is refused by name', async () => {
  const { pool } = await createTestDatabase();
  await pool.query(`update faultline.migration set checksum = 'another' where name = '0001_core'`);
  await expect(migrate(pool)).rejects.toThrow(SchemaMismatchError);
  await expect(migrate(pool)).rejects.toThrow(/0001_core was changed/);
  await expect(assertMigrated(pool)).rejects.toThrow(SchemaMismatchError);
});

test('a migration that fails leaves nothing of itself behind', async () => {
  const { pool } = await createTestDatabase({ empty: true });
  // In the way of the first migration, after most of it was done.
  await pool.query('create schema e2e');
  await expect(migrate(pool)).rejects.toThrow(/e2e/);
  expect(await schemas(pool)).toEqual(['e2e']);
  await pool.query('drop schema e2e');
  expect(await migrate(pool)).not.toEqual([]);
});

test('lanes are fixed by the first migration; other lanes are refused', async () => {
  const { pool } = await createTestDatabase({ empty: true });
  await migrate(pool, { lanes: 16 });
  expect(await readLanes(pool)).toBe(16);
  // Without a wish of its own it takes what is there.
  await migrate(pool);
  expect(await readLanes(pool)).toBe(16);
  await expect(migrate(pool, { lanes: 1 })).rejects.toThrow(SchemaMismatchError);
  await expect(migrate(pool, { lanes: 1 })).rejects.toThrow(/16 lanes and cannot be used with 1/);
  expect(await readLanes(pool)).toBe(16);
});

test('lanes are 1 unless said otherwise', async () => {
  const { pool } = await createTestDatabase();
  expect(await readLanes(pool)).toBe(1);
  await expect(migrate(pool, { lanes: 2 })).rejects.toThrow(SchemaMismatchError);
});
