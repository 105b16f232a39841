// The cluster of the embedded server: created atomically, with its own password and port.
// Only the server's account and root can read it.

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { folderInUse } from './holders.ts';
import { EmbeddedPostgresError, type Launch } from './native.ts';

const USER = 'faultline';
export const DATABASE = 'faultline';

/** Stored in the cluster. */
export interface Connection {
  port?: number;
  password: string;
}

/** With user and password: do not log it. */
export function connectionUrl({ port, password }: Required<Connection>): string {
  return `postgres://${USER}:${password}@127.0.0.1:${port}/${DATABASE}`;
}

export async function readConnection(cluster: string): Promise<Connection> {
  const path = join(cluster, 'faultline.json');
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Connection;
  } catch (cause) {
    const message = `${path} cannot be read: the data folder was not made by Faultline, or by another account.`;
    throw new EmbeddedPostgresError('EMBEDDED_FOLDER_UNUSABLE', message, cause);
  }
}

export async function writeConnection(launch: Launch, cluster: string, connection: Connection): Promise<void> {
  const path = join(cluster, 'faultline.json');
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(connection)}\n`, { mode: 0o600 });
  if (launch.owner) await chown(draft, launch.owner.uid, launch.owner.gid);
  await rename(draft, path);
}

/** Creates the cluster under a temporary name and renames it, so that a killed start leaves no partial cluster. */
export async function createCluster(launch: Launch, cluster: string, fsync: boolean): Promise<void> {
  const draft = `${cluster}.${process.pid}`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  const passwordFile = `${draft}.password`;
  const password = randomBytes(24).toString('base64url');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (launch.owner) {
    await chown(draft, launch.owner.uid, launch.owner.gid);
    await chown(passwordFile, launch.owner.uid, launch.owner.gid);
  }
  // The built-in provider sorts by code point and does not change with a library, which would corrupt indexes.
  const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const access = ['-U', USER, '-A', 'scram-sha-256', `--pwfile=${passwordFile}`];
  const args = ['-D', draft, '-E', 'UTF8', ...locale, ...access, '--no-instructions', ...(fsync ? [] : ['--no-sync'])];
  const [command, rest] = commandOf(launch, 'initdb', args);
  try {
    await promisify(execFile)(command, rest, { ...launch.spawn_as, cwd: '/', env: serverEnv() });
    await writeConnection(launch, draft, { password });
    await rename(draft, cluster);
  } catch (cause) {
    await rm(draft, { recursive: true, force: true });
    if (existsSync(join(cluster, 'PG_VERSION'))) throw folderInUse(cluster, undefined);
    const said = (cause as { stderr?: string }).stderr?.trim() || (cause as Error).message;
    throw new EmbeddedPostgresError(
      'EMBEDDED_NOT_STARTED',
      `The database could not be created in ${cluster}: ${said}`,
      cause,
    );
  } finally {
    await rm(passwordFile, { force: true });
  }
}

export async function refuseOtherVersion(launch: Launch, cluster: string): Promise<void> {
  const found = (await readFile(join(cluster, 'PG_VERSION'), 'utf8').catch(() => '')).trim();
  const ours = launch.native.version.split('.')[0];
  if (found === ours) return;
  const message = found
    ? `${cluster} was made by PostgreSQL ${found}, and this is ${ours}: dump it with the old version, or choose another --data-dir.`
    : `${cluster} cannot be read: it belongs to another account. Start as that account, or choose another --data-dir.`;
  throw new EmbeddedPostgresError('EMBEDDED_FOLDER_UNUSABLE', message);
}

export function commandOf(launch: Launch, program: 'initdb' | 'postgres', args: string[]): [string, string[]] {
  const [command = '', ...rest] = [...launch.prefix, join(launch.native.root, 'bin', program), ...args];
  return [command, rest];
}

/** Without the caller's PG* variables, and with English messages, which are parsed. */
export function serverEnv(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('PG') && !name.startsWith('LC_'));
  return { ...Object.fromEntries(kept), LANG: 'C', LC_ALL: 'C' };
}
