// A database of its own for a test file: a clone (40 ms) of the run's migrated template.
// Promises that clones never share a row, and that they are dropped after the file's own hooks have run.

import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, inject } from 'vitest';
import { createPool } from '../../src/db/pool.ts';

export interface TestDatabase {
  url: string;
  pool: pg.Pool;
  /** Closes the pool and drops the database; done by itself after the file, so rarely called. */
  drop(): Promise<void>;
}

export interface TestDatabaseOptions {
  /** Start from an empty database instead of the migrated template. */
  empty?: boolean;
  /** Connections in `pool` (10). */
  pool_size?: number;
}

const open = new Set<TestDatabase>();

// Hooks run last-in, first-out: this one, registered at import, comes after every hook of the test file itself.
afterAll(async () => {
  for (const database of [...open]) await database.drop();
});

/** A fresh database; call it at the top of a test file (top-level await) or in `beforeAll`. */
export async function createTestDatabase({
  empty = false,
  pool_size = 10,
}: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const run = inject('postgres');
  if ('error' in run) throw new Error(`The run has no PostgreSQL: ${run.error}`);

  const name = `${run.prefix}_${randomBytes(5).toString('hex')}`;
  const source = empty ? 'template0' : run.template;
  await runAsAdmin(run.admin_url, `create database "${name}" template "${source}"`);

  const url = new URL(run.admin_url);
  url.pathname = `/${name}`;
  const pool = createPool(url.href, { application_name: 'faultline-test', max: pool_size });
  const database: TestDatabase = {
    url: url.href,
    pool,
    drop: async () => {
      if (!open.delete(database)) return;
      await pool.end();
      await runAsAdmin(run.admin_url, `drop database if exists "${name}" with (force)`);
    },
  };
  open.add(database);
  return database;
}

/**
 * Empties tables, and all that refer to them. Workers of the test may be writing to them: a deadlock with one of them is
 * ended by PostgreSQL, and then tried again.
 */
export async function emptyTables(pool: pg.Pool, ...tables: string[]): Promise<void> {
  for (;;) {
    try {
      await pool.query(`truncate ${tables.join(', ')} cascade`);
      return;
    } catch (error) {
      if ((error as pg.DatabaseError).code !== '40P01') throw error;
    }
  }
}

async function runAsAdmin(admin_url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: admin_url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
