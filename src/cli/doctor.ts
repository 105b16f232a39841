// faultline doctor: looks at everything a run needs, and says what is wrong and what to do about it.
// Promises to change nothing. Exits 0 when nothing failed; a warning is no failure.

import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { assertMigrated } from '../db/migrate.ts';
import type { Pool } from '../db/pool.ts';
import { readCondition } from '../db/queries/read-condition.ts';
import { readDatabaseId, readServerFacts } from '../db/queries/server.ts';
import { readSettings } from '../db/queries/settings.ts';
import { connectionUrl, readConnection } from '../embedded/cluster.ts';
import { isPortFree, portHolder } from '../embedded/lock.ts';
import { findNative, parentDeathPrefix } from '../embedded/native.ts';
import type { Health, Worker } from '../http/contract.ts';
import { settingsOf } from '../model/settings.ts';
import { EXIT, type ExitCode } from '../supervisor/exit.ts';
import { createClient } from './client.ts';
import { loadApplication, withPool } from './compose.ts';
import { checkConnections } from './connections.ts';
import { checkApplication } from './doctor-application.ts';
import { checkCondition, type Finding } from './doctor-condition.ts';
import { explain } from './explain.ts';
import { printJson, printTable } from './print.ts';

export interface DoctorOptions {
  database_url?: string;
  data_dir: string;
  app?: string;
  port: number;
  json: boolean;
}

export async function doctor(options: DoctorOptions): Promise<ExitCode> {
  const { database, database_id } = await checkDatabase(options);
  const findings = [
    checkNode(),
    await checkEmbedded(options),
    await checkOrphans(),
    checkFolder(resolve(options.data_dir)),
    ...(await findApplicationProblems(options)),
    ...database,
    ...(await checkServer(options.port, database_id)),
  ];
  if (options.json) printJson(findings);
  else {
    printTable(
      ['check', 'state', 'says'],
      findings.map(({ check, state, says }) => [check, state, says]),
    );
  }
  return findings.some(({ state }) => state === 'fail') ? EXIT.failed : EXIT.ok;
}

function checkNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const fits = major > 20 || (major === 20 && minor >= 19);
  const says = fits ? process.version : `${process.version}: 20.19 or newer is needed`;
  return { check: 'node', state: fits ? 'ok' : 'fail', says };
}

async function checkEmbedded({ database_url }: DoctorOptions): Promise<Finding> {
  const check = 'embedded postgres';
  try {
    return { check, state: 'ok', says: `PostgreSQL ${(await findNative()).version.split('-')[0]}` };
  } catch (error) {
    return { check, state: database_url ? 'warn' : 'fail', says: (error as Error).message };
  }
}

async function checkOrphans(): Promise<Finding> {
  const check = 'killed parents';
  if (await parentDeathPrefix('KILL')) return { check, state: 'ok', says: 'the kernel takes children along (setpriv)' };
  const says = 'no setpriv: children notice within a second that their parent was killed';
  return { check, state: 'warn', says };
}

const LITTLE_BYTES = 1024 ** 3;

function checkFolder(dataDir: string): Finding {
  const check = 'data folder';
  const existing = existsSync(dataDir) ? dataDir : resolve(dataDir, '..');
  try {
    accessSync(existing, constants.W_OK | constants.X_OK);
  } catch (error) {
    return { check, state: 'fail', says: `${existing} cannot be written (${(error as NodeJS.ErrnoException).code})` };
  }
  const { bavail, bsize } = statfsSync(existing);
  const free = `${((bavail * bsize) / LITTLE_BYTES).toFixed(1)} GB free`;
  return { check, state: bavail * bsize < LITTLE_BYTES ? 'warn' : 'ok', says: `${dataDir}, ${free}` };
}

async function findApplicationProblems({ app, data_dir }: DoctorOptions): Promise<Finding[]> {
  try {
    return await checkApplication(await loadApplication(app), resolve(data_dir));
  } catch (error) {
    return [{ check: 'application', state: 'fail', says: explain(error) }];
  }
}

/** `database_id`: null where there is none to ask. */
async function checkDatabase(options: DoctorOptions): Promise<{ database: Finding[]; database_id: string | null }> {
  const check = 'database';
  const url = options.database_url ?? (await embeddedUrl(resolve(options.data_dir)));
  const none = (database: Finding) => ({ database: [database], database_id: null });
  if (!url) return none({ check, state: 'ok', says: 'none yet: `faultline start` makes one' });
  try {
    return await withPool(url, 'faultline doctor', async (pool) => {
      const facts = await readServerFacts(pool);
      const unsafe = (['fsync', 'full_page_writes', 'synchronous_commit'] as const).filter(
        (name) => facts[name] === 'off',
      );
      const version = `PostgreSQL ${Math.floor(facts.version_num / 10_000)}`;
      const old = facts.version_num < 150_000;
      const migrated = await assertMigrated(pool).then(
        () => undefined,
        (error: Error) => error.message,
      );
      const database = [
        { check, state: old ? 'fail' : 'ok', says: old ? `${version}: 15 or newer is needed` : version },
        {
          check: 'durability',
          state: unsafe.length > 0 ? 'warn' : 'ok',
          says: unsafe.length > 0 ? `${unsafe.join(', ')} off: a crash may lose commits` : 'commits survive a crash',
        },
        {
          check: 'planner',
          state: facts.jit === 'off' ? 'ok' : 'warn',
          says: facts.jit === 'off' ? 'jit is off' : 'jit is on: it makes short statements slower',
        },
        checkConnections(facts),
        {
          check: 'writing',
          state: facts.read_only ? 'fail' : 'ok',
          says: facts.read_only
            ? 'the database is read-only: nothing can be sent or executed'
            : 'the database can be written',
        },
        { check: 'schema', state: migrated ? 'fail' : 'ok', says: migrated ?? 'up to date' },
        ...(migrated ? [] : await checkWork(pool)),
      ] satisfies Finding[];
      return { database, database_id: await readDatabaseId(pool) };
    });
  } catch (error) {
    const state = options.database_url ? 'fail' : 'ok';
    const says = options.database_url ? `cannot be used: ${explain(error)}` : 'the embedded one is not running';
    return none({ check, state, says });
  }
}

/** Tables of an older or newer schema may lack what is asked for, so only where it is up to date. */
async function checkWork(pool: Pool): Promise<Finding[]> {
  const { prune_after_days } = settingsOf((await readSettings(pool)).value).retention;
  return checkCondition(await readCondition(pool, prune_after_days), prune_after_days);
}

async function embeddedUrl(dataDir: string): Promise<string | undefined> {
  const cluster = join(dataDir, 'postgres', 'cluster');
  if (!existsSync(cluster)) return undefined;
  const { port, password } = await readConnection(cluster);
  return port === undefined ? undefined : connectionUrl({ port, password });
}

/** Whoever answers on the port may work on another database: then it is no server of this one, however well it does. */
async function checkServer(port: number, database_id: string | null): Promise<Finding[]> {
  const check = 'server';
  if (await isPortFree(port)) return [{ check, state: 'ok', says: `not running; port ${port} is free` }];
  const client = createClient(`http://127.0.0.1:${port}`);
  try {
    const health = await client.get<Health>('/health/ready');
    if (health.database_id !== database_id) {
      const says = `port ${port} is that of another database${holderOf(port)}: for the server of this one say --port`;
      return [{ check, state: 'warn', says }];
    }
    const { items } = await client.get<{ items: Worker[] }>('/workers', { limit: 100 });
    const running = items.filter(({ status }) => status === 'RUNNING').length;
    const says = running > 0 ? `${running} running` : 'none runs: nothing will be executed';
    return [
      { check, state: 'ok', says: `ready on port ${port}` },
      { check: 'workers', state: running > 0 ? 'ok' : 'warn', says },
    ];
  } catch (error) {
    return [{ check, state: 'fail', says: `port ${port} is taken${holderOf(port)}, and: ${(error as Error).message}` }];
  }
}

function holderOf(port: number): string {
  const holder = portHolder(port);
  return holder ? ` (${holder.name}, pid ${holder.pid})` : '';
}
