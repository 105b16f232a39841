// faultline doctor: checks everything a run needs, and reports each problem with its remedy. Changes nothing.

import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { readDatabaseId } from '../db/queries/server.ts';
import { connectionUrl, readConnection } from '../embedded/cluster.ts';
import { isPortFree, portHolder } from '../embedded/holders.ts';
import { findNative, parentDeathPrefix } from '../embedded/native.ts';
import type { Health, Worker } from '../http/contract.ts';
import { EXIT, type ExitCode } from '../supervisor/exit.ts';
import { Client } from './client.ts';
import { loadApplication, withPool } from './compose.ts';
import { checkApplication } from './doctor-application.ts';
import { checkDatabase } from './doctor-database.ts';
import { explain } from './explain.ts';
import { type Finding, fail, warn } from './findings.ts';
import { jsonOption, portOption, type ServiceFlags, withServiceOptions } from './options.ts';
import { printTable, show } from './print.ts';

export function register(program: Command): void {
  withServiceOptions(program.command('doctor').description('check everything a run needs and say what is wrong'))
    .addOption(portOption())
    .addOption(jsonOption())
    .action(async (flags) => {
      process.exitCode = await doctor(flags);
    });
}

interface DoctorFlags extends ServiceFlags {
  port: number;
  json: boolean;
}

export async function doctor(flags: DoctorFlags): Promise<ExitCode> {
  const { databaseUrl, dataDir, app, port } = flags;
  const { database, database_id } = await reachDatabase(databaseUrl, resolve(dataDir));
  const findings = [
    checkNode(),
    await checkEmbedded(databaseUrl),
    warn(
      'killed parents',
      !(await parentDeathPrefix('KILL')) && 'no setpriv: children notice within a second that their parent was killed',
      'the kernel ends children with their parent (setpriv)',
    ),
    checkFolder(resolve(dataDir)),
    ...(await loadApplication(app).then(
      (application) => checkApplication(application, dataDir),
      (error) => [fail('application', explain(error), '')],
    )),
    ...database,
    ...(await checkServer(port, database_id)),
  ];
  show(flags, findings, () =>
    printTable(
      ['check', 'state', 'says'],
      findings.map(({ check, state, says }) => [check, state, says]),
    ),
  );
  return findings.some(({ state }) => state === 'fail') ? EXIT.not_passed : EXIT.ok;
}

function checkNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const old = major < 20 || (major === 20 && minor < 19);
  return fail('node', old && `${process.version}: 20.19 or newer is needed`, process.version);
}

async function checkEmbedded(databaseUrl: string | undefined): Promise<Finding> {
  const check = 'embedded postgres';
  try {
    return { check, state: 'ok', says: `PostgreSQL ${(await findNative()).version.split('-')[0]}` };
  } catch (error) {
    return { check, state: databaseUrl ? 'warn' : 'fail', says: (error as Error).message };
  }
}

const MIN_FREE_BYTES = 1024 ** 3;

function checkFolder(dataDir: string): Finding {
  const existing = existsSync(dataDir) ? dataDir : resolve(dataDir, '..');
  try {
    accessSync(existing, constants.W_OK | constants.X_OK);
  } catch (error) {
    return fail('data folder', `${existing} cannot be written (${(error as NodeJS.ErrnoException).code})`, '');
  }
  const { bavail, bsize } = statfsSync(existing);
  const says = `${dataDir}, ${((bavail * bsize) / MIN_FREE_BYTES).toFixed(1)} GB free`;
  return warn('data folder', bavail * bsize < MIN_FREE_BYTES && says, says);
}

/** `database_id` is null where no database can be asked. */
async function reachDatabase(
  given: string | undefined,
  dataDir: string,
): Promise<{ database: Finding[]; database_id: string | null }> {
  const none = (database: Finding) => ({ database: [database], database_id: null });
  const url = given ?? (await embeddedUrl(dataDir));
  if (!url) return none({ check: 'database', state: 'ok', says: 'none yet: `faultline start` creates one' });
  try {
    return await withPool(url, 'faultline doctor', async (pool) => ({
      database: await checkDatabase(pool),
      database_id: await readDatabaseId(pool),
    }));
  } catch (error) {
    return none(fail('database', given && `cannot be used: ${explain(error)}`, 'the embedded one is not running'));
  }
}

async function embeddedUrl(dataDir: string): Promise<string | undefined> {
  const cluster = join(dataDir, 'postgres', 'cluster');
  if (!existsSync(cluster)) return undefined;
  const { port, password } = await readConnection(cluster);
  return port === undefined ? undefined : connectionUrl({ port, password });
}

/** The server on the port may work on another database. */
async function checkServer(port: number, database_id: string | null): Promise<Finding[]> {
  if (await isPortFree(port)) return [{ check: 'server', state: 'ok', says: `not running; port ${port} is free` }];
  const client = new Client(`http://127.0.0.1:${port}`);
  const holder = portHolder(port);
  const who = holder ? ` (${holder.name}, pid ${holder.pid})` : '';
  try {
    const health = await client.get<Health>('/health/ready');
    if (health.database_id !== database_id) {
      return [
        warn('server', `port ${port} is used by the server of another database${who}: give the right --port`, ''),
      ];
    }
    const { items } = await client.get<{ items: Worker[] }>('/workers', { limit: 100 });
    const running = items.filter(({ status }) => status === 'RUNNING').length;
    return [
      { check: 'server', state: 'ok', says: `ready on port ${port}` },
      warn('workers', running === 0 && 'none runs: nothing will be executed', `${running} running`),
    ];
  } catch (error) {
    return [fail('server', `port ${port} is taken${who}, and: ${(error as Error).message}`, '')];
  }
}
