// The embedded server starts where people start it, keeps its data and port, and never outlives who started it.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { completeLinks, findNative } from '../../src/embedded/native.ts';
import { type EmbeddedPostgres, startEmbedded } from '../../src/embedded/server.ts';
import { builtFolder } from '../support/built.ts';
import { isRunning, processesOf } from '../support/processes.ts';
import { until } from '../support/until.ts';

let folder: string;
let dataDir: string;
const servers: EmbeddedPostgres[] = [];
const parents: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faultline-embedded-'));
  await chmod(folder, 0o755);
  dataDir = join(folder, 'postgres');
});

afterEach(async () => {
  for (const parent of parents.splice(0)) parent.kill('SIGKILL');
  for (const server of servers.splice(0)) await server.stop('immediate');
  if (process.platform === 'linux') await until('no process is left', () => processesOf(folder).length === 0);
  await rm(folder, { recursive: true, force: true });
});

async function start(options: { port?: number } = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbedded({ data_dir: dataDir, fsync: false, ...options });
  servers.push(server);
  return server;
}

async function query(server: { url: string }, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: server.url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

/** Starts the server from another node process, which can then be killed. */
async function startFromAnotherProcess(env: NodeJS.ProcessEnv = process.env) {
  const module = pathToFileURL(join(await builtFolder(), 'src/embedded/server.js')).href;
  const source = `
    const { startEmbedded } = await import('${module}');
    const { pid, url, port } = await startEmbedded({ data_dir: process.argv[1], fsync: false });
    console.log(JSON.stringify({ pid, url, port }));`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', source, dataDir], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  parents.push(parent);
  for await (const line of createInterface({ input: parent.stdout })) {
    return { parent, ...(JSON.parse(line) as { pid: number; url: string; port: number }) };
  }
  throw new Error('the process that starts the server ended');
}

describe.each([
  ['a folder that everyone may enter', 0o755],
  ['a folder that only its owner may enter', 0o700],
])('in %s', (_, mode) => {
  beforeEach(() => chmod(folder, mode));

  test('it starts, keeps its data and its port, and listens on loopback only', async () => {
    const first = await start();
    expect(new URL(first.url).hostname).toBe('127.0.0.1');
    await query(first, 'create table kept as select 7 as n');
    const [settings] = await query(
      first,
      `select current_database() as database, current_setting('listen_addresses') as addresses,
              current_setting('unix_socket_directories') as sockets, current_setting('synchronous_commit') as durable`,
    );
    expect(settings).toEqual({ database: 'faultline', addresses: '127.0.0.1', sockets: '', durable: 'on' });
    await first.stop();
    expect(isRunning(first.pid)).toBe(false);

    const second = await start();
    expect(second.port).toBe(first.port);
    expect(await query(second, 'select n from kept')).toEqual([{ n: 7 }]);
  });

  test('a parent that is killed takes it along', async () => {
    const server = await startFromAnotherProcess();
    expect(isRunning(server.pid)).toBe(true);
    server.parent.kill('SIGKILL');
    await until('the server has left', () => processesOf(dataDir).length === 0);
    // It left in order, not by crashing.
    expect(existsSync(join(dataDir, 'cluster/postmaster.pid'))).toBe(false);
  });
});

test('without setpriv a parent that is killed takes it along too', async () => {
  const path = join(folder, 'bin');
  await mkdir(path);
  for (const tool of ['cat', 'chown']) {
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', `command -v ${tool}`]);
    await symlink(stdout.trim(), join(path, tool));
  }
  const server = await startFromAnotherProcess({ ...process.env, PATH: path });
  server.parent.kill('SIGKILL');
  await until('the server has left', () => processesOf(join(dataDir, 'cluster')).length === 0);
});

test('killed hard, it starts again on what was committed', async () => {
  const first = await start();
  await query(first, 'create table kept as select 7 as n');
  process.kill(first.pid, 'SIGKILL');
  expect(await first.exited).toEqual({ code: null, signal: 'SIGKILL' });
  const second = await start();
  expect(await query(second, 'select n from kept')).toEqual([{ n: 7 }]);
});

test('killed hard while a backend computes, it starts again', async () => {
  const first = await start();
  // Never waits, so it does not notice by itself that its postmaster is gone.
  const busy = query(first, 'do $$ begin loop null; end loop; end $$').catch(() => 'cut off');
  await until('the query runs', async () => {
    const [row] = await query(first, `select count(*)::int as n from pg_stat_activity where query like 'do %'`);
    return row?.n === 1;
  });
  process.kill(first.pid, 'SIGKILL');
  await first.exited;
  const second = await start();
  expect(await query(second, 'select 1 as n')).toEqual([{ n: 1 }]);
  expect(await busy).toBe('cut off');
});

test('killed with its parent, both at once, it starts again', async () => {
  const first = await startFromAnotherProcess();
  process.kill(first.pid, 'SIGKILL');
  first.parent.kill('SIGKILL');
  const second = await start();
  expect(second.port).toBe(first.port);
});

test('a port that is taken is named, with who holds it', async () => {
  const holder = createServer();
  await new Promise<void>((done) => holder.listen(0, '127.0.0.1', done));
  const { port } = holder.address() as { port: number };
  const failure = start({ port });
  await expect(failure).rejects.toMatchObject({ code: 'EMBEDDED_PORT_TAKEN' });
  await expect(failure).rejects.toThrow(`Port ${port}`);
  if (process.platform === 'linux') await expect(failure).rejects.toThrow(`pid ${process.pid}`);
  await new Promise((done) => holder.close(done));
  expect((await start({ port })).port).toBe(port);
});

test('a folder that is in use is named, with the server that uses it', async () => {
  const first = await start();
  const failure = start();
  await expect(failure).rejects.toMatchObject({ code: 'EMBEDDED_FOLDER_IN_USE' });
  await expect(failure).rejects.toThrow(`pid ${first.pid}`);
  expect(await query(first, 'select 1 as n')).toEqual([{ n: 1 }]);
});

test.each([
  ['of this account', process.pid],
  // The first process of the machine or container: of another account, or with an unknown folder.
  ['that we may not look at', 1],
])('a lock file whose pid is another program by now, %s, is no obstacle', async (_what, pid) => {
  const first = await start();
  const lock = join(dataDir, 'cluster/postmaster.pid');
  const lines = (await readFile(lock, 'utf8')).split('\n');
  await first.stop();
  // As it is found after a restart of the machine: the number belongs to something else.
  await writeFile(lock, [String(pid), ...lines.slice(1)].join('\n'));
  expect(await query(await start(), 'select 1 as n')).toEqual([{ n: 1 }]);
});

test('a bad setting is told in the words of the server', async () => {
  const failure = startEmbedded({ data_dir: dataDir, fsync: false, settings: { shared_buffers: 'much' } });
  await expect(failure).rejects.toThrow(/invalid value for parameter "shared_buffers": "much"/);
  await expect(failure).rejects.toMatchObject({ code: 'EMBEDDED_NOT_STARTED' });
});

test('library links that an install without scripts leaves out are made', async () => {
  const native = await findNative();
  const copy = { root: join(folder, 'native'), version: native.version };
  await cp(native.root, copy.root, { recursive: true, verbatimSymlinks: true });
  const lib = join(copy.root, 'lib');
  const links = [];
  for (const name of await readdir(lib)) {
    if (!(await lstat(join(lib, name))).isSymbolicLink()) continue;
    links.push(name);
    await rm(join(lib, name));
  }
  expect(links.length).toBeGreaterThan(0);
  const version = () => promisify(execFile)(join(copy.root, 'bin/postgres'), ['--version']);
  await expect(version()).rejects.toThrow();
  await completeLinks(copy);
  expect((await version()).stdout).toMatch(/^postgres \(PostgreSQL\) 18/);
});
