// The verbs of the chaos lab, as scripts use them: what they print, and the exit codes that say how a batch fared.
// One service for all of them; what is predicted is compared with what came of it.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type {
  BatchDetail,
  KillSwitch,
  LaunchAnswer,
  Preview,
  Process,
  Profile,
  ProfileExport,
  Report,
  Verdict,
} from '../../src/http/contract.ts';
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

beforeAll(async () => {
  database = await createTestDatabase({ empty: true });
  folder = await mkdtemp(join(tmpdir(), 'faultline-lab-verbs-'));
  const port = await findTestPort();
  url = `http://127.0.0.1:${port}`;
  const args = ['--port', String(port), '--data-dir', folder, '--app', APP, '--workers', '1'];
  await startFaultline(args, { DATABASE_URL: database.url });
});

afterAll(async () => {
  killFaultlines();
  await until('no process is left', () => processesOf(folder).length === 0);
  await rm(folder, { recursive: true, force: true });
});

const faultline = async (...args: string[]) => (await runFaultline(args, { FAULTLINE_URL: url })).ended;

async function json<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await faultline(...args, '--json');
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as T;
}

const read = async <T>(path: string): Promise<T> => (await fetch(`${url}/api/v1${path}`)).json() as Promise<T>;
const batchOf = (id: string) => read<BatchDetail>(`/process-batches/${id}`);

const LAUNCH = ['--type', 'Holding', '--set', 'hold=false'];
const POLICY = ['--backoff-ms', '1', '--max-attempts', '2', '--lease-ms', '20000'];
const CHAOS = ['--chaos', 'hold.fail_transient_pct=40', '--chaos', 'hold.fail_business_rule_pct=10'];
const create = async (...args: string[]) =>
  (await json<LaunchAnswer>('batch', 'create', ...LAUNCH, ...POLICY, ...args)).batch_id;

test('a batch with the seed of a prediction has the predicted outcome; verify and report agree', async () => {
  const options = [...LAUNCH, ...POLICY, ...CHAOS, '--count', '60', '--scope', '80'];
  const predicted = await json<Preview>('predict', ...options);
  expect(predicted).toMatchObject({ exact: true, seed: expect.any(String) });
  const same = ['--seed', predicted.seed, '--hypothesis', 'It ends as predicted'];
  const told = await faultline('predict', ...options, ...same);
  expect(told.code).toBe(0);
  expect(told.stdout).toMatch(/^Exactly, for 60 with seed \S+, \d+ of them in scope:\ncompleted +compensated/);
  expect(told.stdout).toMatch(/^hold +\d+ .* transient \d+/m);

  const batch_id = await create(...CHAOS, '--count', '60', '--scope', '80', ...same);
  const verified = await faultline('verify', batch_id, '--wait');
  expect(verified).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^check +status +checked +violations +rule\n/),
  });
  expect(verified.stdout).toMatch(/\nVerdict: pass\n$/);
  expect(verified.stderr).toMatch(/^ended: \d+ of 60/m);
  const batch = await batchOf(batch_id);
  expect(batch).toMatchObject({
    completed_count: predicted.expected.completed,
    failed_count: predicted.expected.failed,
    in_troubleshooting_count: predicted.expected.in_troubleshooting,
    experiment: { scope_pct: 80, hypothesis: 'It ends as predicted' },
  });
  const markdown = await faultline('report', batch_id);
  expect(markdown).toMatchObject({ code: 0, stderr: '' });
  expect(markdown.stdout).toMatch(/^# Report: batch .*\n\n\*\*Verdict: PASS\*\* .*\n\n> It ends as predicted\n/);
  expect(JSON.parse((await faultline('report', batch_id, '--json')).stdout)).toMatchObject({ batch_id });
  const out = join(folder, 'report.json');
  const written = await faultline('report', batch_id, '--format', 'json', '--out', out);
  expect(written).toMatchObject({ code: 0, stdout: '', stderr: expect.stringContaining('Verdict: pass.') });
  const report = JSON.parse(await readFile(out, 'utf8')) as Report;
  expect(report.steps[0]?.observed.attempts).toBe(predicted.expected.attempts);
});

test('a batch whose rows were changed fails with the violation named; a running one neither passes nor fails', async () => {
  const batch_id = await create('--count', '2');
  expect((await faultline('verify', batch_id, '--wait')).code).toBe(0);
  const { rows } = await database.pool.query(
    `delete from faultline.attempt where batch_id = $1 and step = 'hold' and command_id in (
       select command_id from faultline.command where batch_id = $1 and purpose = 'step' limit 1) returning process_id`,
    [batch_id],
  );
  const failed = await faultline('verify', batch_id);
  expect(failed.code).toBe(5);
  expect(failed.stdout).toMatch(/^\S+ +fail +\d/m);
  expect(failed.stdout).toMatch(/\nVerdict: fail\n$/);
  const verdict = JSON.parse((await faultline('verify', batch_id, '--json')).stdout) as Verdict;
  expect(JSON.stringify(verdict.checks)).toContain(rows[0].process_id);
  expect((await faultline('report', batch_id)).code).toBe(5);

  const open = await create('--count', '1', '--chaos', 'hold.min_duration_ms=120000', '--lease-ms', '600000');
  const running = await faultline('verify', open);
  expect(running).toMatchObject({ code: 4, stdout: expect.stringContaining('Not at rest yet') });
  expect((await faultline('report', open, '--format', 'json')).code).toBe(4);
});

test.each([
  ['verify', 'an unknown batch', ['00000000-0000-7000-8000-000000000000'], 4, /\[NOT_FOUND\]/],
  [
    'verify',
    'no server',
    ['00000000-0000-7000-8000-000000000000', '--url', 'http://127.0.0.1:9'],
    3,
    /No Faultline answers/,
  ],
  ['verify', 'nothing', [], 2, /Give either a batch or --self-test/],
  ['verify', 'both', ['00000000-0000-7000-8000-000000000000', '--self-test'], 2, /Give either a batch or --self-test/],
  ['report', 'an unknown batch', ['00000000-0000-7000-8000-000000000000'], 4, /\[NOT_FOUND\]/],
  ['report', 'an unknown format', ['x', '--format', 'pdf'], 2, /Allowed choices are markdown, json/],
])('%s of %s has its exit code', async (verb, _what, args, code, message) => {
  const ended = await faultline(verb, ...args);
  expect(ended).toMatchObject({ code, stdout: '' });
  expect(ended.stderr).toMatch(message);
});

test('a report that cannot be written exits with 1', async () => {
  const batch_id = await create('--count', '1');
  const ended = await faultline('report', batch_id, '--wait', '--out', join(folder, 'no', 'such', 'folder.md'));
  expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('cannot be written (ENOENT)') });
});

test('the kill switch is engaged, shown and released; injection into one batch is stopped', async () => {
  expect((await faultline('chaos', 'status')).stdout).toBe('Chaos is on.\n');
  const stopped = await json<KillSwitch>('chaos', 'stop', '--reason', 'enough', '--actor', 'eve');
  expect(stopped).toMatchObject({ stopped: true, actor: 'eve', reason: 'enough' });
  expect((await faultline('chaos', 'status')).stdout).toMatch(/^Chaos is stopped, since \S+, by eve: enough\.\n$/);
  const refused = await faultline('batch', 'create', ...LAUNCH, ...CHAOS);
  expect(refused).toMatchObject({ code: 4, stderr: expect.stringContaining('[CHAOS_STOPPED]') });
  expect(await json<KillSwitch>('chaos', 'resume')).toMatchObject({ stopped: false });
  const open = await create('--chaos', 'hold.min_duration_ms=120000', '--lease-ms', '600000');
  const one = await faultline('chaos', 'stop', '--batch', open, '--reason', 'this one');
  expect(one).toMatchObject({ code: 0, stdout: expect.stringContaining(`into batch ${open} is stopped since`) });
  expect((await batchOf(open)).injection_stopped_at).not.toBeNull();
});

test('a profile is saved, listed, shown, launched with, exported, imported and deleted', async () => {
  const saved = await json<Profile>(
    'profile',
    'save',
    'Mostly harmless',
    '--chaos',
    'hold.fail_transient_pct=1',
    '--chaos',
    'other.timeout_pct=2',
    '--description',
    'Nearly nothing.',
  );
  expect(saved).toMatchObject({ name: 'Mostly harmless', process_type: null, builtin: false });
  const list = await faultline('profile', 'list');
  expect(list.stdout).toMatch(/^Flaky network +flaky-network +built in +hold /m);
  expect(list.stdout).toMatch(/^Mostly harmless +\S+ +any +hold, other +Nearly nothing\.$/m);
  expect((await faultline('profile', 'show', 'slow hold')).stdout).toMatch(
    /^Slow hold \(slow-hold\), built in, for Holding\n/,
  );
  const taken = await faultline('profile', 'save', 'Mostly harmless', '--chaos', 'hold.timeout_pct=1');
  expect(taken).toMatchObject({ code: 4, stderr: expect.stringContaining('[PROFILE_NAME_TAKEN]') });
  expect((await faultline('profile', 'save', 'x')).code).toBe(2);

  // Its other step is passed over, and what is said beside it wins.
  const batch_id = await create('--profile', 'mostly harmless', '--chaos', 'hold.crash_pct=0');
  expect((await batchOf(batch_id)).behavior).toEqual({ hold: { fail_transient_pct: 1, crash_pct: 0 } });
  expect((await batchOf(await create('--profile', 'flaky-network'))).behavior?.hold).toMatchObject({ timeout_pct: 2 });
  const unknown = await faultline('batch', 'create', ...LAUNCH, '--profile', 'nothing such');
  expect(unknown).toMatchObject({
    code: 4,
    stderr: expect.stringMatching(/^There is no profile nothing such\. There are: Flaky network,/),
  });

  const replaced = await json<Profile>('profile', 'save', 'Mostly harmless', '--from-batch', batch_id, '--replace');
  expect(replaced).toMatchObject({
    profile_id: saved.profile_id,
    process_type: 'Holding',
    description: 'Nearly nothing.',
  });
  const out = join(folder, 'profiles.json');
  expect((await faultline('profile', 'export', '--out', out)).stderr).toBe(`1 profiles are in ${out}.\n`);
  const printed = JSON.parse((await faultline('profile', 'export', 'Mostly harmless')).stdout) as ProfileExport;
  expect(JSON.parse(await readFile(out, 'utf8'))).toEqual(printed);
  expect((await faultline('profile', 'import', out)).code).toBe(4);
  expect((await faultline('profile', 'import', out, '--on-conflict', 'skip')).stdout).toMatch(
    /^Mostly harmless +skipped +-$/m,
  );
  expect((await faultline('profile', 'delete', 'Mostly harmless')).code).toBe(0);
  expect((await faultline('profile', 'import', out)).stdout).toMatch(/^Mostly harmless +created /m);
  await writeFile(out, 'no json');
  expect((await faultline('profile', 'import', out)).code).toBe(2);
  expect((await faultline('profile', 'delete', 'nothing such')).code).toBe(4);
});

test('an experiment comes from JSON or a file, overridden by its own options', async () => {
  const file = join(folder, 'experiment.json');
  await writeFile(
    file,
    JSON.stringify({ hypothesis: 'from the file', stop_conditions: [{ metric: 'error_pct', above: 50 }] }),
  );
  const batch_id = await create('--experiment', `@${file}`, '--scope', '12.5');
  expect((await batchOf(batch_id)).experiment).toEqual({
    hypothesis: 'from the file',
    scope_pct: 12.5,
    stop_conditions: [{ metric: 'error_pct', above: 50, action: 'abort' }],
  });
  for (const bad of ['[1]', 'nonsense', '@/nowhere/at/all']) {
    expect((await faultline('batch', 'create', ...LAUNCH, '--experiment', bad)).code).toBe(2);
  }
  expect((await faultline('batch', 'create', ...LAUNCH, '--scope', '101')).code).toBe(2);
});

test('a batch and a process are rerun', async () => {
  const first = await create('--count', '3', '--seed', 'once', ...CHAOS);
  await until('it rests', async () => (await batchOf(first)).completed_at ?? (await batchOf(first)).rested_at, SLOW);
  const again = await json<LaunchAnswer>('batch', 'rerun', first);
  expect(again).toMatchObject({ total_count: 3, seed: 'once' });
  expect(await batchOf(again.batch_id)).toMatchObject({
    behavior: { hold: { fail_transient_pct: 40, fail_business_rule_pct: 10 } },
    experiment: { rerun_of: { batch_id: first } },
  });
  const calm = await faultline('batch', 'rerun', first, '--no-chaos', '--seed', 'twice', '--count', '2', '--watch');
  expect(calm).toMatchObject({ code: 0, stdout: expect.stringMatching(/: COMPLETED\n/) });
  const other = await json<LaunchAnswer>('batch', 'rerun', first, '--profile', 'Poison 1 %', '--name', 'poisoned');
  expect(await batchOf(other.batch_id)).toMatchObject({
    name: 'poisoned',
    behavior: { hold: { error_code: 'POISON' } },
  });
  expect((await faultline('batch', 'rerun', first, '--profile', 'Poison 1 %', '--no-chaos')).code).toBe(2);

  const { items } = await read<{ items: Process[] }>(`/process-batches/${first}/processes`);
  const alone = await json<LaunchAnswer>('process', 'rerun', `${items[2]?.process_id}`, '--name', 'alone');
  expect(await batchOf(alone.batch_id)).toMatchObject({
    name: 'alone',
    first_ordinal: 2,
    total_count: 1,
    seed: 'once',
  });
  expect((await faultline('process', 'rerun', '00000000-0000-7000-8000-000000000000')).code).toBe(4);
});
