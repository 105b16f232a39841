// The verbs that talk to a server: what they print, and the exit codes that scripts rely on.
// The server runs on a database that was given, so nothing of an embedded one may appear.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { BatchDetail, TsqGroups, TsqItem, TsqJob, TsqJobDetail } from '../../src/http/contract.ts';
import { killFaultlines, runFaultline, SLOW, startFaultline } from '../support/command-line.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { findTestPort } from '../support/ports.ts';
import { processesOf } from '../support/processes.ts';
import { until } from '../support/until.ts';

const APP = fileURLToPath(new URL('./holding-app.mjs', import.meta.url));

vi.setConfig({ testTimeout: 90_000 });

let database: TestDatabase;
let folder: string;
let url: string;
let port: number;

beforeAll(async () => {
  database = await createTestDatabase({ empty: true });
  folder = await mkdtemp(join(tmpdir(), 'faultline-verbs-'));
  port = await findTestPort();
  url = `http://127.0.0.1:${port}`;
  const args = ['--port', String(port), '--data-dir', folder, '--app', APP, '--workers', '1'];
  await startFaultline(args, { DATABASE_URL: database.url });
});

afterAll(async () => {
  killFaultlines();
  await until('no process is left', () => processesOf(folder).length === 0);
  await rm(folder, { recursive: true, force: true });
});

async function faultline(...args: string[]) {
  return (await runFaultline(args, { FAULTLINE_URL: url })).ended;
}

async function json<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await faultline(...args, '--json');
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as T;
}

const HOLDING = ['batch', 'create', '--type', 'Holding', '--set', 'hold=false'];
const PARKED = [...HOLDING, '--chaos', 'hold.fail_permanent_pct=100'];

/** Launches `count` processes that all end in the troubleshooting queue, and waits for that. */
async function park(count: number): Promise<string> {
  const { batch_id } = await json<BatchDetail>(...PARKED, '--count', String(count));
  await until(
    'all are parked',
    async () => (await json<TsqItem[]>('tsq', 'list', '--batch', batch_id)).length === count,
    SLOW,
  );
  return batch_id;
}

async function batchOf(id: string): Promise<BatchDetail> {
  return (await fetch(`${url}/api/v1/process-batches/${id}`)).json() as Promise<BatchDetail>;
}

test('a batch is launched with its inputs, faults and retry, and listed', async () => {
  const more = ['--count', '3', '--name', 'three', '--seed', 'abc', '--backoff-ms', '10,20', '--max-attempts', '2'];
  const { batch_id } = await json<BatchDetail>(...HOLDING, ...more, '--chaos', 'hold.fail_transient_pct=1.5');
  expect(await batchOf(batch_id)).toMatchObject({
    total_count: 3,
    name: 'three',
    seed: 'abc',
    input: { hold: false },
    behavior: { hold: { fail_transient_pct: 1.5 } },
    retry: { max_attempts: 2, backoff_ms: [10, 20] },
  });
  const { code, stdout } = await faultline('batch', 'list');
  expect(code).toBe(0);
  expect(stdout).toMatch(new RegExp(`^batch +status .*\n[^]*${batch_id} .* three$`, 'm'));
});

test('watching a batch ends when it rests, with its outcome and exit code', async () => {
  const { code, stdout, stderr } = await faultline(...HOLDING, '--count', '20', '--watch');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Batch .*: COMPLETED\ntotal +completed .*\n20 +20 +0 +0 +0 +0 +0\n/);
  // Not a terminal: lines, and on stderr only.
  expect(stderr).toMatch(/^ended: 20 of 20$/m);
  const { batch_id } = await json<BatchDetail>(...PARKED, '--chaos', 'hold.fail_business_rule_pct=100');
  const parked = await faultline('batch', 'watch', batch_id, '--json');
  expect(parked.stderr).toBe('');
  expect(JSON.parse(parked.stdout)).toMatchObject({ batch_id, in_troubleshooting_count: 1, status: 'AT_REST' });
});

test('items of the queue are retried by id, cancelled with a reason and completed with a result', async () => {
  const batch_id = await park(2);
  const [one, two] = (await json<TsqItem[]>('tsq', 'list', '--batch', batch_id)).map(({ command_id }) => command_id);
  expect(await faultline('tsq', 'complete', `${one}`, '--result', '{"by":"hand"}')).toMatchObject({
    code: 0,
    stdout: '1 of 1 completed.\n',
  });
  expect((await faultline('tsq', 'cancel', `${two}`)).code).toBe(2);
  expect(await faultline('tsq', 'cancel', `${two}`, '--reason', 'not wanted')).toMatchObject({ code: 0 });
  await until('the batch has ended', async () => (await batchOf(batch_id)).status === 'COMPLETED_WITH_FAILURES', SLOW);
  const again = await faultline('tsq', 'retry', `${one}`);
  expect(again.code).toBe(5);
  expect(again.stdout).toMatch(new RegExp(`^0 of 1 retried\\.\n {2}${one}: .* \\[WRONG_STATE\\]\n$`));
});

test('T03: a verb with filters is one job: it takes what matches, each once, and nothing else', async () => {
  const [batch_id, other] = await Promise.all([park(12), park(1)]);
  const groups = await json<TsqGroups>('tsq', 'groups', '--batch', batch_id);
  expect(groups).toMatchObject({ count: 12, groups: [{ count: 12, error_code: 'CHAOS_PERMANENT', injected: true }] });
  const job = await json<TsqJobDetail>(
    ...[
      'tsq',
      'complete',
      '--all',
      '--batch',
      batch_id,
      '--group',
      `${groups.groups[0]?.error_group}`,
      '--fault',
      'injected',
    ],
  );
  expect(job).toMatchObject({
    verb: 'complete',
    status: 'COMPLETED',
    total_count: 12,
    done_count: 12,
    failed_count: 0,
  });
  expect(await json<TsqItem[]>('tsq', 'list', '--batch', batch_id)).toEqual([]);
  expect(await json<TsqItem[]>('tsq', 'list', '--batch', other)).toHaveLength(1);
  expect(await json('tsq', 'retry', '--all', '--batch', other, '--fault', 'real')).toMatchObject({ total_count: 0 });
  const canceled = await faultline('tsq', 'cancel', '--all', '--batch', other, '--reason', 'not wanted');
  expect(canceled).toMatchObject({ code: 0, stdout: '1 of 1 cancelled.\n' });
  expect(canceled.stderr).toMatch(/^Job \S+: 1 to cancel\.$/m);
  expect((await faultline('tsq', 'retry')).code).toBe(2);
  expect((await faultline('tsq', 'retry', '--all', `${batch_id}`)).code).toBe(2);
  expect((await faultline('tsq', 'cancel', '--all')).code).toBe(2);
});

test('a job is listed, watched and aborted; interrupting the watch does not stop it', async () => {
  const batch_id = await park(1);
  // The job cannot progress: its slice waits for the lock.
  const client = await database.pool.connect();
  let job_id = '';
  try {
    await client.query('begin');
    await client.query('select 1 from faultline.command where batch_id = $1 for update', [batch_id]);
    const watching = await runFaultline(['tsq', 'retry', '--all', '--batch', batch_id], { FAULTLINE_URL: url });
    await until('it watches', () => watching.said.stderr.includes('1 to retry.'), SLOW);
    const [job] = await json<TsqJob[]>('tsq', 'jobs');
    job_id = job?.job_id ?? '';
    expect(job).toMatchObject({ verb: 'retry', status: 'RUNNING', filter: { batch_id } });
    watching.child.kill('SIGINT');
    const stopped = await watching.ended;
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toContain(`faultline tsq abort ${job_id}`);
    expect((await json<TsqJob[]>('tsq', 'jobs'))[0]).toMatchObject({ job_id, status: 'RUNNING' });
  } finally {
    await client.query('rollback');
    client.release();
  }
  expect((await faultline('tsq', 'watch', job_id)).stdout).toBe('1 of 1 retried.\n');
  const late = await faultline('tsq', 'abort', job_id);
  expect(late).toMatchObject({ code: 4, stderr: expect.stringContaining('[WRONG_STATE]') });
});

test('a batch is cancelled, and a second time refused; with what waits for an operator it rests, and watching it ends', async () => {
  const batch_id = await park(1);
  expect((await faultline('batch', 'cancel', batch_id, '--reason', 'enough')).code).toBe(0);
  const again = await faultline('batch', 'cancel', batch_id, '--reason', 'enough');
  expect(again).toMatchObject({ code: 4, stderr: expect.stringContaining('[WRONG_STATE]') });
  const watched = await faultline('batch', 'watch', batch_id);
  expect(watched).toMatchObject({
    code: 5,
    stdout: expect.stringContaining(`Batch ${batch_id}: AT_REST, cancelled\n`),
  });
  expect((await faultline('tsq', 'cancel', '--all', '--batch', batch_id, '--reason', 'enough')).code).toBe(0);
  await until('it is cancelled', async () => (await batchOf(batch_id)).status === 'CANCELED', SLOW);
});

test('doctor finds nothing wrong with a run that goes well', async () => {
  const args = ['doctor', '--port', String(port), '--data-dir', folder, '--database-url', database.url, '--app', APP];
  const findings = await json<{ check: string; state: string; says: string }[]>(...args);
  expect(findings.filter(({ state }) => state === 'fail')).toEqual([]);
  expect(findings).toContainEqual({ check: 'workers', state: 'ok', says: '1 running' });
  expect(findings).toContainEqual({ check: 'schema', state: 'ok', says: 'up to date' });
  const empty = await createTestDatabase({ empty: true });
  const { code, stdout } = await faultline(...args.with(6, empty.url));
  expect(code).toBe(5);
  expect(stdout).toMatch(/^schema +fail +The database lacks the migrations/m);
});

test('migrate tells what it would do, does it, and then finds nothing to do', async () => {
  const { url: database_url } = await createTestDatabase({ empty: true });
  const migrate = (...more: string[]) => faultline('migrate', '--database-url', database_url, '--app', APP, ...more);
  expect((await migrate('--dry-run')).stdout).toMatch(/Would apply 0001_/);
  expect((await migrate()).stdout).toMatch(/Applied 0001_/);
  expect((await migrate()).stdout).toMatch(/The schema is up to date/);
});

test.each([
  ['an unknown id', ['batch', 'cancel', '00000000-0000-7000-8000-000000000000'], 4, /\[NOT_FOUND\]/],
  ['a bad input', ['batch', 'create', '--type', 'Holding', '--set', 'hold=maybe'], 4, /hold .*\[INVALID_INPUT\]/],
  [
    'no server',
    ['batch', 'list', '--url', 'http://127.0.0.1:9'],
    3,
    /^No Faultline answers at http:\/\/127\.0\.0\.1:9 /,
  ],
  ['a bad assignment', ['batch', 'create', '--set', 'hold'], 2, /must look like name=value/],
  ['no database', ['work', '--database-url', 'postgres://a@127.0.0.1:9/a'], 3, /The database at 127.0.0.1:9 cannot be/],
  ['no database named', ['serve'], 2, /No database is named/],
])('%s is one line on stderr and an exit code', async (_, args, code, message) => {
  const ended = await faultline(...args);
  expect(ended).toMatchObject({ code, stdout: '' });
  expect(ended.stderr).toMatch(message);
  expect(ended.stderr).not.toContain('    at ');
});
