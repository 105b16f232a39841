// Runs once, in the main process, before any test: a PostgreSQL for the whole run and a migrated template database.
// Promises to leave nothing behind, on success, failure or Ctrl-C: no server, no folder, no database.

import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';

/** What a test process learns about the run's PostgreSQL; `error` instead when it could not be had. */
export type TestPostgres = { admin_url: string; prefix: string; template: string } | { error: string };

declare module 'vitest' {
  interface ProvidedContext {
    postgres: TestPostgres;
  }
}

interface Server {
  admin_url: string;
  stop(): Promise<void>;
  /** Ends it without awaiting anything, for the moment the process is already leaving. */
  abandon(): void;
}

// The code under test is imported late: where it cannot even be loaded, the tests that need no database still run.

const FOLDER_PREFIX = 'faultline-test-';
const DATABASE_PREFIX = 'faultline_test_';
const LEFTOVER_AGE_MS = 2 * 3_600_000;

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  let server: Server | undefined;
  const prefix = `${DATABASE_PREFIX}${Date.now().toString(36)}_${randomBytes(3).toString('hex')}`;
  const abandon = () => server?.abandon();
  process.once('exit', abandon);
  try {
    const given = process.env.DATABASE_URL;
    server = given ? useGiven(given, prefix) : await startOwn();
    const template = `${prefix}_template`;
    await createTemplate(server.admin_url, template);
    project.provide('postgres', { admin_url: server.admin_url, prefix, template });
  } catch (error) {
    // Tests that need no database must still run; those that do fail with this message.
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    project.provide('postgres', { error: message });
    console.error(`No PostgreSQL for this run: ${message}`);
  }
  return async () => {
    process.off('exit', abandon);
    await server?.stop();
  };
}

async function startOwn(): Promise<Server> {
  removeLeftoverFolders();
  const folder = mkdtempSync(join(tmpdir(), `${FOLDER_PREFIX}${process.pid}-`));
  // The server may run under another account, which must be able to enter.
  chmodSync(folder, 0o755);
  const { startEmbedded } = await import('../../src/embedded/server.ts');
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    const embedded = await startEmbedded({
      data_dir: join(folder, 'data'),
      fsync: false,
      settings: { full_page_writes: 'off', max_connections: '300' },
    });
    return {
      admin_url: embedded.url,
      stop: async () => {
        await embedded.stop();
        remove();
      },
      abandon: () => {
        embedded.process.kill('SIGQUIT');
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

function useGiven(admin_url: string, prefix: string): Server {
  return {
    admin_url,
    stop: () => dropDatabases(admin_url, (name) => name.startsWith(prefix) || isLeftover(name)),
    abandon: () => {
      // The event loop is over: another process must do the talking.
      const source = `
        const { default: pg } = await import('pg');
        const client = new pg.Client({ connectionString: process.argv[1] });
        await client.connect();
        const { rows } = await client.query('select datname from pg_database where starts_with(datname, $1)', [process.argv[2]]);
        for (const { datname } of rows) await client.query('drop database if exists "' + datname + '" with (force)');
        await client.end();`;
      spawnSync(process.execPath, ['--input-type=module', '-e', source, admin_url, prefix], { timeout: 10_000 });
    },
  };
}

async function createTemplate(admin_url: string, template: string): Promise<void> {
  await asAdmin(admin_url, (client) => client.query(`create database "${template}"`));
  const { createPool } = await import('../../src/db/pool.ts');
  const { migrate } = await import('../../src/db/migrate.ts');
  const pool = createPool(urlOf(admin_url, template), { application_name: 'faultline-test' });
  try {
    await migrate(pool);
  } finally {
    await pool.end();
  }
}

async function dropDatabases(admin_url: string, which: (name: string) => boolean): Promise<void> {
  await asAdmin(admin_url, async (client) => {
    const { rows } = await client.query<{ datname: string }>('select datname from pg_database');
    for (const { datname } of rows.filter((row) => which(row.datname))) {
      await client.query(`drop database if exists "${datname}" with (force)`);
    }
  });
}

/** Databases of a run that was killed outright on a server that is not ours; their name says when it began. */
function isLeftover(name: string): boolean {
  if (!name.startsWith(DATABASE_PREFIX)) return false;
  const beganMs = Number.parseInt(name.slice(DATABASE_PREFIX.length).split('_')[0] ?? '', 36);
  return Number.isFinite(beganMs) && Date.now() - beganMs > LEFTOVER_AGE_MS;
}

/** Folders of runs that were killed outright; their name says which process made them. */
function removeLeftoverFolders(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(/^faultline-test-(\d+)-/.exec(name)?.[1]);
    if (!pid || isAlive(pid)) continue;
    try {
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
    } catch {
      // Another user's: not ours to remove.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function asAdmin<T>(admin_url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: admin_url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function urlOf(admin_url: string, database: string): string {
  const url = new URL(admin_url);
  url.pathname = `/${database}`;
  return url.href;
}
