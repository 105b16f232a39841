// Migrations: applied once, also by several at the same time; a database that does not fit the code is rejected unchanged.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
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

test('C19: several migrate at the same time: one applies everything, the others nothing', async () => {
  const { pool, url } = await createTestDatabase({ empty: true });
  const others = [1, 2, 3].map((n) => createPool(url, { application_name: `migrator ${n}`, max: 1 }));
  const applied = await Promise.all([pool, ...others].map((each) => migrate(each)));
  await Promise.all(others.map((each) => each.end()));
  expect(applied.filter((names) => names.length > 0)).toHaveLength(1);
  const { rows } = await pool.query('select name from faultline.migration order by name');
  expect(rows.map(({ name }) => name)).toEqual(applied.flat());
  expect(applied.flat()[0]).toBe('0001_schema');
  await assertMigrated(pool);
});

test('applies nothing the second time', async () => {
  const { pool } = await createTestDatabase();
  expect(await migrate(pool)).toEqual([]);
  await assertMigrated(pool);
});

test('a dry run returns what would be applied and applies nothing', async () => {
  const { pool } = await createTestDatabase({ empty: true });
  const would = await migrate(pool, { dry_run: true });
  expect(await schemas(pool)).toEqual([]);
  expect(await migrate(pool)).toEqual(would);
  expect(await migrate(pool, { dry_run: true })).toEqual([]);
});

test('C19: rejects a database that is not migrated', async () => {
  const { pool } = await createTestDatabase({ empty: true });
  await expect(assertMigrated(pool)).rejects.toThrow(SchemaMismatchError);
  await expect(assertMigrated(pool)).rejects.toThrow(/lacks the migrations 0001_schema.*faultline migrate/);
});

test('rejects a database that is newer than the code', async () => {
  const { pool } = await createTestDatabase();
  await pool.query(`insert into faultline.migration (name, checksum) values ('9999_from_tomorrow', 'x')`);
  await expect(migrate(pool)).rejects.toThrow(SchemaTooNewError);
  await expect(assertMigrated(pool)).rejects.toThrow(/9999_from_tomorrow/);
});

test('rejects a migration file that was changed after it was applied, by name', async () => {
  const { pool } = await createTestDatabase();
  await pool.query(`update faultline.migration set checksum = 'another' where name = '0001_schema'`);
  await expect(migrate(pool)).rejects.toThrow(SchemaMismatchError);
  await expect(migrate(pool)).rejects.toThrow(/0001_schema was changed/);
  await expect(assertMigrated(pool)).rejects.toThrow(SchemaMismatchError);
});

/** A folder of migrations, by name. */
function migrations(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-migrations-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, sql] of Object.entries(files)) writeFileSync(join(folder, `${name}.sql`), sql);
  return folder;
}

const FIRST = {
  '0001_first':
    'create table faultline.setting (key text primary key, value jsonb); create table faultline.one (id int)',
};
const SECOND = { ...FIRST, '0002_second': 'alter table faultline.one rename to two' };
const THIRD = { ...SECOND, '0003_third': 'drop table faultline.two' };

test('applies several migrations in order, and later ones to a database that has the earlier', async () => {
  const { pool } = await createTestDatabase({ empty: true });
  expect(await migrate(pool, { dry_run: true }, migrations(THIRD))).toEqual(Object.keys(THIRD));
  expect(await migrate(pool, {}, migrations(SECOND))).toEqual(['0001_first', '0002_second']);
  expect(await migrate(pool, {}, migrations(THIRD))).toEqual(['0003_third']);
  await expect(migrate(pool, {}, migrations(SECOND))).rejects.toThrow(SchemaTooNewError);
});

test('rolls back all pending migrations when a later one fails', async () => {
  const { pool } = await createTestDatabase({ empty: true });
  await migrate(pool, {}, migrations(FIRST));
  const broken = migrations({ ...SECOND, '0003_broken': 'alter table faultline.absent rename to other' });
  await expect(migrate(pool, {}, broken)).rejects.toThrow(/faultline.absent/);
  const { rows } = await pool.query('select name from faultline.migration');
  expect(rows).toEqual([{ name: '0001_first' }]);
  expect(await migrate(pool, {}, migrations(THIRD))).toEqual(['0002_second', '0003_third']);
});

test('a failed first migration leaves nothing behind', async () => {
  const { pool } = await createTestDatabase({ empty: true });
  // In the way of the first migration, after most of it was done.
  await pool.query('create schema e2e');
  await expect(migrate(pool)).rejects.toThrow(/e2e/);
  expect(await schemas(pool)).toEqual(['e2e']);
  await pool.query('drop schema e2e');
  expect(await migrate(pool)).not.toEqual([]);
});

test('the first migration fixes the number of lanes; another number is rejected', async () => {
  const { pool } = await createTestDatabase({ empty: true });
  await migrate(pool, { lanes: 16 });
  expect(await readLanes(pool)).toBe(16);
  // Without the option, the stored number stays.
  await migrate(pool);
  expect(await readLanes(pool)).toBe(16);
  await expect(migrate(pool, { lanes: 1 })).rejects.toThrow(SchemaMismatchError);
  await expect(migrate(pool, { lanes: 1 })).rejects.toThrow(/16 lanes and cannot be used with 1/);
  expect(await readLanes(pool)).toBe(16);
});

test('lanes default to 1', async () => {
  const { pool } = await createTestDatabase();
  expect(await readLanes(pool)).toBe(1);
  await expect(migrate(pool, { lanes: 2 })).rejects.toThrow(SchemaMismatchError);
});
