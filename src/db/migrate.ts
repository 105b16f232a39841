// Forward-only migrations: applies sql/NNNN_*.sql in order, in one transaction, under an advisory lock.
// Refuses a database that is newer than the code, or whose applied files were changed.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SchemaMismatchError, SchemaTooNewError } from '../model/errors.ts';
import { packageRoot } from './package-root.ts';
import type { Pool, Tx } from './pool.ts';
import { withTx } from './pool.ts';

const MIGRATION_LOCK = 4_702_111_234_474_983;

interface Migration {
  name: string;
  sql: string;
  checksum: string;
}

export interface MigrateOptions {
  /** Lanes of a new database (1). Stored at the first migration; another value is rejected later. */
  lanes?: number;
  /** Return what would be applied, and apply nothing. */
  dry_run?: boolean;
}

const FOLDER = fileURLToPath(new URL('sql/', packageRoot));

/** The migrations of a folder, in order. */
function readMigrations(folder: string): Migration[] {
  return readdirSync(folder)
    .filter((file) => /^\d{4}_.*\.sql$/.test(file))
    .sort()
    .map((file) => {
      const sql = readFileSync(join(folder, file), 'utf8');
      return { name: file.replace(/\.sql$/, ''), sql, checksum: createHash('sha256').update(sql).digest('hex') };
    });
}

/**
 * Brings the database to this code's schema.
 * @returns the names of the migrations applied (with `dry_run`: to be applied).
 * @throws SchemaTooNewError, SchemaMismatchError
 */
export async function migrate(pool: Pool, options: MigrateOptions = {}, folder = FOLDER): Promise<string[]> {
  const known = readMigrations(folder);
  return withTx(pool, async (tx) => {
    await tx.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    const pending = pendingMigrations(known, await appliedMigrations(tx));
    if (options.dry_run) return pending.map((migration) => migration.name);
    for (const migration of pending) await apply(tx, migration);
    await fixLanes(tx, options.lanes);
    return pending.map((migration) => migration.name);
  });
}

/** Throws unless the database has exactly this code's schema. */
export async function assertMigrated(pool: Pool): Promise<void> {
  const pending = pendingMigrations(readMigrations(FOLDER), await withTx(pool, appliedMigrations));
  if (pending.length > 0) {
    throw new SchemaMismatchError(
      `The database lacks the migrations ${pending.map((m) => m.name).join(', ')}: run \`faultline migrate\`.`,
    );
  }
}

/** How many lanes the database was made with. */
export async function readLanes(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ value: number }>(`select value from faultline.setting where key = 'lanes'`);
  return rows[0]?.value ?? 1;
}

async function appliedMigrations(tx: Tx): Promise<Map<string, string>> {
  const { rows: found } = await tx.query<{ there: boolean }>(
    `select to_regclass('faultline.migration') is not null as there`,
  );
  if (!found[0]?.there) return new Map();
  const { rows } = await tx.query<{ name: string; checksum: string }>(
    'select name, checksum from faultline.migration order by name',
  );
  return new Map(rows.map((row) => [row.name, row.checksum]));
}

function pendingMigrations(known: Migration[], applied: Map<string, string>): Migration[] {
  const names = new Set(known.map((migration) => migration.name));
  const newest = known.at(-1)?.name ?? 'none';
  for (const name of applied.keys()) {
    if (!names.has(name)) throw new SchemaTooNewError(name, newest);
  }
  for (const migration of known) {
    const checksum = applied.get(migration.name);
    if (checksum !== undefined && checksum !== migration.checksum) {
      throw new SchemaMismatchError(`Migration ${migration.name} was changed after it had been applied.`);
    }
  }
  return known.filter((migration) => !applied.has(migration.name));
}

async function apply(tx: Tx, migration: Migration): Promise<void> {
  await tx.query(`create schema if not exists faultline`);
  await tx.query(
    `create table if not exists faultline.migration (
       name text primary key, checksum text not null, applied_at timestamptz not null default now())`,
  );
  await tx.query(migration.sql);
  await tx.query('insert into faultline.migration (name, checksum) values ($1, $2)', [
    migration.name,
    migration.checksum,
  ]);
}

async function fixLanes(tx: Tx, lanes: number | undefined): Promise<void> {
  const { rows } = await tx.query<{ value: number }>(
    `insert into faultline.setting (key, value) values ('lanes', $1::jsonb)
     on conflict (key) do update set key = excluded.key returning value`,
    [JSON.stringify(lanes ?? 1)],
  );
  const stored = rows[0]?.value;
  if (lanes !== undefined && stored !== lanes) {
    throw new SchemaMismatchError(`The database was made with ${stored} lanes and cannot be used with ${lanes}.`);
  }
}
