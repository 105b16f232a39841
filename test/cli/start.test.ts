// faultline start as a person runs it: ready, alive through any kill, gone when it is gone. Against the compiled files.

import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BatchDetail, ProcessDetail, Worker } from '../../src/http/contract.ts';
import { killFaultlines, runFaultline, SLOW, startFaultline } from '../support/command-line.ts';
import { findTestPort } from '../support/ports.ts';
import { isRunning, processesOf } from '../support/processes.ts';
import { until } from '../support/until.ts';

const APP = fileURLToPath(new URL('./holding-app.mjs', import.meta.url));
/** Longer than any test: what comes back sooner did not wait for it. */
const LONG_LEASE_MS = 600_000;
const NAMES = ['postgres', 'serve', 'work-1', 'work-2'] as const;

let folder: string;
let dataDir: string;
let port: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faultline-start-'));
  dataDir = join(folder, 'data');
  port = await findTestPort();
});

afterEach(async () => {
  killFaultlines();
  await until('no process is left', () => processesOf(dataDir).length === 0);
  await rm(folder, { recursive: true, force: true });
});

const startArgs = () => ['--port', String(port), '--data-dir', dataDir, '--app', APP];
const start = (env?: NodeJS.ProcessEnv) => startFaultline(startArgs(), env);
const startAndEnd = async (...more: string[]) => (await runFaultline(['start', ...startArgs(), ...more])).ended;

const untilReady = () => until('the server is ready', async () => (await get('/health/ready')).status === 200, SLOW);

async function get(path: string): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}/api/v1${path}`, { signal: AbortSignal.timeout(5_000) });
}

async function read<T>(path: string): Promise<T> {
  return (await get(path)).json() as Promise<T>;
}

function pids(): Record<string, number> {
  return JSON.parse(readFileSync(join(dataDir, 'run.json'), 'utf8')).children;
}

/** Launches one process and answers its batch. */
async function launch(hold: boolean): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/process-batches`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ process_type: 'Holding', hold, lease_ms: LONG_LEASE_MS }),
  });
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { batch_id: string }).batch_id;
}

function untilCompleted(batch_id: string): Promise<unknown> {
  return until(
    'the batch is completed',
    async () => (await read<BatchDetail>(`/process-batches/${batch_id}`)).status === 'COMPLETED',
    SLOW,
  );
}

async function holdingWorker(): Promise<Worker> {
  return until(
    'a worker holds the command',
    async () => (await read<{ items: Worker[] }>('/workers')).items.find(({ in_flight }) => in_flight > 0),
    SLOW,
  );
}

async function attemptsOf(batch_id: string) {
  const { items } = await read<{ items: { process_id: string }[] }>(`/process-batches/${batch_id}/processes`);
  const detail = await read<ProcessDetail>(`/processes/${items[0]?.process_id}`);
  return detail.steps.flatMap((step) => step.attempts.map(({ outcome }) => outcome));
}

test('each child that is killed comes back, alone, and work goes on', async () => {
  await start();
  await untilCompleted(await launch(false));
  for (const name of NAMES) {
    const before = pids();
    process.kill(before[name] as number, 'SIGKILL');
    await until(`${name} is back`, () => pids()[name] !== before[name] && isRunning(pids()[name] as number), SLOW);
    await untilReady();
    await untilCompleted(await launch(false));
    for (const other of NAMES.filter((it) => it !== name))
      expect([other, pids()[other]]).toEqual([other, before[other]]);
  }
}, 120_000);

test("a dead worker's leases end at once", async () => {
  await start();
  const batch_id = await launch(true);
  const worker = await holdingWorker();
  process.kill(worker.pid, 'SIGKILL');
  await untilCompleted(batch_id);
  expect(await attemptsOf(batch_id)).toEqual(['lease_expired', 'success']);
}, 90_000);

test('a worker and a server that stand still are replaced, and what the worker held is done by another', async () => {
  await start({ FAULTLINE_UNRESPONSIVE_MS: '4000' });
  const batch_id = await launch(true);
  const worker = await holdingWorker();
  const before = pids();
  process.kill(worker.pid, 'SIGSTOP');
  process.kill(before.serve as number, 'SIGSTOP');
  await until('both are gone', () => !isRunning(worker.pid) && !isRunning(before.serve as number), SLOW);
  await untilReady();
  await untilCompleted(batch_id);
  expect(await attemptsOf(batch_id)).toEqual(['lease_expired', 'success']);
}, 120_000);

test('killed itself, it leaves nothing running; started again, it goes on where it was', async () => {
  const { child } = await start();
  const done = await launch(false);
  await untilCompleted(done);
  const held = await launch(true);
  await holdingWorker();
  const children = Object.values(pids());
  child.kill('SIGKILL');
  await until('nothing of it runs', () => !children.some(isRunning) && processesOf(dataDir).length === 0, SLOW);

  await start();
  expect(await read<BatchDetail>(`/process-batches/${done}`)).toMatchObject({ status: 'COMPLETED' });
  // The workers of the killed run are gone for good, so their leases ended with the new start.
  await untilCompleted(held);
}, 120_000);

test('killed where nothing but the parent itself can tell its children, it leaves nothing running either', async () => {
  // Nor may namespaces be needed, which take a tool too.
  await chmod(folder, 0o755);
  const path = join(folder, 'bin');
  await mkdir(path);
  for (const tool of ['/bin/cat', '/bin/chown']) await symlink(tool, join(path, tool.slice('/bin/'.length)));
  const { child } = await start({ PATH: path });
  const children = Object.values(pids());
  expect(children).toHaveLength(NAMES.length);
  child.kill('SIGKILL');
  await until('nothing of it runs', () => !children.some(isRunning) && processesOf(dataDir).length === 0, SLOW);
}, 90_000);

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s ends it in order',
  async (signal) => {
    const { child, ended } = await start();
    const children = Object.values(pids());
    child.kill(signal);
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/Faultline is ready: http:\/\/127\.0\.0\.1:\d+ .*Faultline has stopped\n$/s);
    expect(children.some(isRunning)).toBe(false);
    expect(existsSync(join(dataDir, 'postgres/cluster/postmaster.pid'))).toBe(false);
    expect(existsSync(join(dataDir, 'run.json'))).toBe(false);
  },
  90_000,
);

test('a second start on the same folder or port is refused with who holds it', async () => {
  const { child } = await start();
  const samePort = await startAndEnd();
  expect(samePort).toMatchObject({ code: 1, stdout: '' });
  expect(samePort.stderr).toMatch(
    /^Port \d+ is taken by node with pid \d+\. Stop that, or choose another with --port\.\n$/,
  );
  const otherPort = await startAndEnd('--port', String(await findTestPort()));
  expect(otherPort.stderr).toContain(`already runs on ${dataDir} (pid ${child.pid})`);
  expect(otherPort.code).toBe(1);
}, 90_000);

test('a database that cannot be used ends it with one line that says so', async () => {
  const { code, stdout } = await startAndEnd('--app', join(folder, 'none.mjs'));
  expect(code).toBe(1);
  expect(stdout).toMatch(
    /The database could not be prepared \(exit code 1: The application .*none\.mjs cannot be loaded/,
  );
  expect(stdout).not.toContain('    at ');
}, 60_000);

test.each([
  [['start', '--host', '0.0.0.0'], /no authentication, so it listens on loopback only/],
  [['start', '--port', '70000'], /whole number from 1 to 65535/],
  [['start', '--workers', 'many'], /whole number from 0 to 64/],
  [['start', '--database-url', 'mysql://x'], /must look like postgres:/],
  [['begin'], /unknown command 'begin'/],
])('%j is a usage error', async (args, message) => {
  const { code, stderr } = await (await runFaultline(args)).ended;
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
});
