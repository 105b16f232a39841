// The embedded PostgreSQL server: starts the native server that npm installed, on its own data folder.
// It is durable, listens on 127.0.0.1 only, keeps its port between starts, and ends with this process, even on SIGKILL.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { retry } from '../model/retrying.ts';
import {
  type Connection,
  commandOf,
  connectionUrl,
  createCluster,
  DATABASE,
  readConnection,
  refuseOtherVersion,
  serverEnv,
  writeConnection,
} from './cluster.ts';
import { awaitFolderFree, findFreePort, folderInUse, isPortFree, portHolder } from './holders.ts';
import { chooseLaunch, EmbeddedPostgresError, findNative, type Launch } from './native.ts';

export interface EmbeddedOptions {
  /** Contains the cluster; created if it does not exist. Belongs to the server's account afterwards. */
  data_dir: string;
  /** Default: the port of the last start, or any free one. */
  port?: number;
  /** A port that another program of the caller is about to use. */
  reserved_port?: number;
  /** The server's log; default `<data_dir>/postgres.log`. */
  log_file?: string;
  /** PostgreSQL settings that override the defaults. */
  settings?: Record<string, string>;
  /** False trades durability for speed: only for temporary databases. Default true. */
  fsync?: boolean;
  /** How long recovery and start may take. Default 300,000. */
  start_timeout_ms?: number;
}

export type StopMode = 'smart' | 'fast' | 'immediate';

export interface EmbeddedPostgres {
  /** With user and password: do not log it. The database `faultline` exists. */
  url: string;
  port: number;
  pid: number;
  process: ChildProcess;
  /** Stops the server and waits for its end. fast (default): disconnects clients; immediate: like a crash. */
  stop(mode?: StopMode): Promise<void>;
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

const STOP_SIGNALS = { smart: 'SIGTERM', fast: 'SIGINT', immediate: 'SIGQUIT' } as const;
const RETRY_MS = 3_000;

/**
 * For a durable queue on a small machine. jit does not pay for short statements; rare checkpoints reduce full-page
 * images; vacuum must keep up with the churn of a queue. wal_compression stays off: these builds lack lz4, and pglz
 * costs more CPU than it saves disk.
 */
const SETTINGS: Record<string, string> = {
  jit: 'off',
  shared_buffers: '256MB',
  effective_cache_size: '1GB',
  work_mem: '16MB',
  maintenance_work_mem: '128MB',
  wal_buffers: '16MB',
  max_wal_size: '2GB',
  min_wal_size: '256MB',
  checkpoint_timeout: '15min',
  random_page_cost: '1.1',
  synchronous_commit: 'on',
  autovacuum_naptime: '10s',
  autovacuum_vacuum_cost_delay: '0',
  max_connections: '100',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  log_min_messages: 'warning',
  log_line_prefix: '%m [%p] ',
  timezone: 'UTC',
};

/** @throws EmbeddedPostgresError */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  try {
    return await start(options, resolve(options.data_dir));
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (!['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'ENOSPC'].includes(code ?? '')) throw error;
    const message = `The data folder cannot be used (${code} at ${path ?? options.data_dir}): choose another --data-dir.`;
    throw new EmbeddedPostgresError('EMBEDDED_FOLDER_UNUSABLE', message, error);
  }
}

async function start(options: EmbeddedOptions, dataDir: string): Promise<EmbeddedPostgres> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const launch = await chooseLaunch(await findNative(), dataDir);
  const cluster = join(dataDir, 'cluster');
  if (!existsSync(join(cluster, 'PG_VERSION'))) await createCluster(launch, cluster, options.fsync ?? true);
  await refuseOtherVersion(launch, cluster);
  await awaitFolderFree(cluster);
  const kept = await readConnection(cluster);
  const plan: Start = {
    launch,
    cluster,
    options,
    log_file: resolve(options.log_file ?? join(dataDir, 'postgres.log')),
  };
  const port = options.port ?? kept.port;
  if (port !== undefined && !(await isPortFree(port))) throw portTaken(port);
  const server = await (port === undefined ? startOnFreePort(plan, kept) : startServer(plan, { ...kept, port }));
  if (kept.port !== server.port) await writeConnection(launch, cluster, { ...kept, port: server.port });
  return server;
}

/** Tries another port if a program takes the free port before the server listens on it. */
function startOnFreePort(start: Start, kept: Connection): Promise<EmbeddedPostgres> {
  const attempt = async () => startServer(start, { ...kept, port: await findFreePort(start.options.reserved_port) });
  return retry(attempt, { every_ms: 0, max_ms: 10_000, again: (error) => codeOf(error) === 'EMBEDDED_PORT_TAKEN' });
}

interface Start {
  launch: Launch;
  cluster: string;
  options: EmbeddedOptions;
  log_file: string;
}

/** Retries while the lock or the shared memory of a previous server remains; any other error is final. */
function startServer(start: Start, connection: Required<Connection>): Promise<EmbeddedPostgres> {
  const attempt = async () => {
    const logged_bytes = sizeOf(start.log_file);
    const server = spawnServer(start, connection);
    try {
      await awaitReady(start, server);
      return server;
    } catch (error) {
      await server.stop('fast');
      throw explain(readFrom(start.log_file, logged_bytes), start, connection.port, error);
    }
  };
  const remains = (error: unknown) =>
    codeOf(error) === 'EMBEDDED_FOLDER_IN_USE' ||
    /pre-existing shared memory block|lock file .* already exists/.test((error as Error).message);
  return retry(attempt, { every_ms: 100, max_ms: RETRY_MS, again: remains });
}

function spawnServer(start: Start, connection: Required<Connection>): EmbeddedPostgres {
  const { launch, cluster, options } = start;
  const unsafe = options.fsync === false ? { fsync: 'off', full_page_writes: 'off' } : {};
  const settings = { ...SETTINGS, ...unsafe, ...options.settings, port: String(connection.port) };
  const args = ['-D', cluster, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  const [command, rest] = commandOf(launch, 'postgres', args);
  const log = openSync(start.log_file, 'a', 0o600);
  // Detached: Ctrl-C must not reach the server, which is stopped last.
  const child = spawn(command, rest, {
    ...launch.spawn_as,
    cwd: '/',
    env: serverEnv(),
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((done) => {
    child.once('exit', (code, signal) => done({ code, signal }));
    child.once('error', () => done({ code: null, signal: null }));
  });
  if (launch.needs_leash && child.pid !== undefined && process.platform !== 'win32') holdLeash(child.pid, exited);
  return {
    url: connectionUrl(connection),
    port: connection.port,
    pid: child.pid ?? -1,
    process: child,
    exited,
    stop: async (mode = 'fast') => {
      if (child.exitCode === null && child.signalCode === null && child.pid !== undefined)
        child.kill(STOP_SIGNALS[mode]);
      await exited;
    },
  };
}

/** Stops the server when this process ends, if the kernel cannot: the input of the watcher ends with this process. */
function holdLeash(pid: number, exited: Promise<unknown>): void {
  const leash = spawn('/bin/sh', ['-c', 'cat > /dev/null; kill -INT "$1"', 'sh', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  });
  leash.unref();
  void exited.then(() => leash.kill('SIGKILL'));
}

/** Waits until the server accepts queries and the database exists. Throws if the server ends, or on timeout. */
async function awaitReady({ options }: Start, server: EmbeddedPostgres): Promise<void> {
  let gone = false;
  void server.exited.then(() => {
    gone = true;
  });
  const admin = new URL(server.url);
  admin.pathname = '/postgres';
  await retry(() => ensureDatabase(admin.href), {
    every_ms: 20,
    max_ms: options.start_timeout_ms ?? 300_000,
    again: (error) => !gone && codeOf(error) !== WRONG_PASSWORD,
  });
}

const WRONG_PASSWORD = '28P01';

function codeOf(error: unknown): string | undefined {
  return (error as { code?: string }).code;
}

async function ensureDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => {});
  await client.connect();
  try {
    const found = await client.query('select 1 from pg_database where datname = $1::text', [DATABASE]);
    if (found.rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
}

function explain(said: string, start: Start, port: number, cause: unknown): EmbeddedPostgresError {
  if (/could not bind|could not create any TCP\/IP sockets/.test(said)) return portTaken(port);
  const locked = /lock file .* already exists[\s\S]*\(PID (\d+)\)/.exec(said);
  if (locked) return folderInUse(start.cluster, Number(locked[1]));
  const reason = /(?:FATAL|PANIC):\s+(.*)/.exec(said)?.[1] ?? said.trim().split('\n').at(-1) ?? String(cause);
  return new EmbeddedPostgresError(
    'EMBEDDED_NOT_STARTED',
    `PostgreSQL did not start: ${reason}. Its log: ${start.log_file}`,
    cause,
  );
}

function portTaken(port: number): EmbeddedPostgresError {
  const holder = portHolder(port);
  const who = holder ? `${holder.name} with pid ${holder.pid}` : 'another program';
  return new EmbeddedPostgresError(
    'EMBEDDED_PORT_TAKEN',
    `Port ${port}, on which PostgreSQL is to listen, is taken by ${who}. Stop that, or choose another with --postgres-port.`,
  );
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function readFrom(path: string, offset: number): string {
  return existsSync(path) ? readFileSync(path).subarray(offset).toString('utf8') : '';
}
