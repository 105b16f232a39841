// The data folder: closed to other accounts, held by one start, and a full disk ends nothing.

import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Logs } from '../../src/supervisor/logs.ts';
import { RunState } from '../../src/supervisor/run-state.ts';
import { builtFolder } from '../support/built.ts';

vi.setConfig({ testTimeout: 120_000 });

const ROOT = process.getuid?.() === 0;
const FOLDER_MODE = ROOT ? 0o711 : 0o700;

let folder: string;
let dataDir: string;
const contenders: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'faultline-folder-'));
  dataDir = join(folder, 'data');
});
afterEach(() => {
  for (const child of contenders.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const unexpected = (error: Error) => expect.unreachable(error.message);
const open = (onUnwritten: (error: Error) => void = unexpected) => new RunState(dataDir, onUnwritten);
const modeOf = (...path: string[]) => statSync(join(dataDir, ...path)).mode & 0o777;

/** Folders as rwx of their owner at most, but that root's own may be gone through; files without any right of others. */
function readableByOthers(path = dataDir): string[] {
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const below = join(path, entry.name);
    const open = (statSync(below).mode & 0o077) !== 0 ? [below] : [];
    return entry.isDirectory() ? [...open, ...readableByOthers(below)] : open;
  });
}

test('what a start makes is its own, whatever the umask', () => {
  const before = process.umask(0o000);
  try {
    const state = open();
    state.setChild('work-1', 1);
    const out = new PassThrough();
    out.resume();
    const logs = new Logs(join(dataDir, 'logs'), 'json', out as unknown as NodeJS.WriteStream);
    logs.logger('start').info('x');
    logs.close();
  } finally {
    process.umask(before);
  }
  expect(modeOf()).toBe(FOLDER_MODE);
  expect(readableByOthers()).toEqual([]);
});

test('a folder of an earlier version is closed', () => {
  for (const name of ['artifacts', 'artifacts/b', 'logs']) mkdirSync(join(dataDir, name), { recursive: true });
  for (const name of ['run.json', 'artifacts/b/x.pdf', 'logs/work-1.log']) writeFileSync(join(dataDir, name), '{}');
  for (const name of ['', 'artifacts', 'artifacts/b', 'logs']) chmodSync(join(dataDir, name), 0o755);
  for (const name of ['run.json', 'logs/work-1.log']) chmodSync(join(dataDir, name), 0o644);
  open();
  expect(modeOf()).toBe(FOLDER_MODE);
  // Closed folders close what is below them.
  expect([modeOf('artifacts'), modeOf('logs')]).toEqual([0o700, 0o700]);
  expect([modeOf('run.json'), modeOf('logs', 'work-1.log')]).toEqual([0o600, 0o600]);
});

test('of a folder that holds other things only ours are closed, and none that is closed is opened', () => {
  mkdirSync(join(dataDir, 'artifacts'), { recursive: true });
  writeFileSync(join(dataDir, 'else'), '');
  for (const name of ['', 'artifacts']) chmodSync(join(dataDir, name), 0o755);
  chmodSync(join(dataDir, 'else'), 0o644);
  open().clear();
  expect([modeOf(), modeOf('artifacts'), modeOf('else')]).toEqual([0o755, 0o700, 0o644]);
  rmSync(join(dataDir, 'else'));
  chmodSync(dataDir, 0o700);
  open();
  expect(modeOf()).toBe(0o700);
});

test('once it runs, a folder that cannot be written ends nothing: it is told once, and written when it can be again', () => {
  const told: string[] = [];
  const state = open((error) => void told.push(error.message));
  const stored = () => JSON.parse(readFileSync(join(dataDir, 'run.json'), 'utf8'));
  mkdirSync(join(dataDir, 'run.json.new'));
  state.addWorker('a');
  state.setChild('work-1', 7);
  state.forgetAbandoned();
  expect(told).toHaveLength(1);
  expect(stored()).toMatchObject({ worker_ids: [], children: {} });
  rmSync(join(dataDir, 'run.json.new'), { recursive: true });
  state.addWorker('b');
  expect(stored()).toMatchObject({ worker_ids: ['a', 'b'], children: { 'work-1': 7 } });
});

/** A process that takes the folder when told to, and says what came of it. */
async function contender(): Promise<{
  child: ChildProcess;
  take(): Promise<'held' | 'refused'>;
  clear(): Promise<void>;
}> {
  const module = pathToFileURL(join(await builtFolder(), 'src/supervisor/run-state.js')).href;
  const source = `
    const { RunState } = await import('${module}');
    let state;
    process.on('message', (what) => {
      if (what === 'clear') state.clear();
      else try { state = new RunState(process.argv[2], () => {}); } catch (error) {
        if (!/already runs on/.test(error.message)) throw error;
        return process.send('refused');
      }
      process.send('held');
    });
    process.send('here');`;
  const args = ['--input-type=module', '-e', source, 'start', dataDir, 'x'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  contenders.push(child);
  const answer = () =>
    new Promise<string>((resolve) => {
      child.once('message', (said) => resolve(String(said)));
      child.once('exit', () => resolve('gone'));
    });
  await answer();
  const ask = (what: string) => {
    const said = answer();
    child.send(what);
    return said;
  };
  return {
    child,
    take: async () => (await ask('take')) as 'held' | 'refused',
    clear: async () => void (await ask('clear')),
  };
}

test('of several starts at once one has the folder: a new one, one given back, one whose start was killed', async () => {
  let all = await Promise.all(Array.from({ length: 6 }, contender));
  for (let round = 0; round < 60; round++) {
    const answers = await Promise.all(all.map((one) => one.take()));
    expect(answers.filter((answer) => answer === 'held')).toHaveLength(1);
    const holder = all[answers.indexOf('held')] as (typeof all)[number];
    if (round % 10 === 9) {
      const gone = new Promise((resolve) => holder.child.once('exit', resolve));
      holder.child.kill('SIGKILL');
      await gone;
      all = [...all.filter((one) => one !== holder), await contender()];
    } else await holder.clear();
  }
});

test('a start whose pid another process has now does not hold the folder', async () => {
  const { child, take } = await contender();
  expect(await take()).toBe('held');
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const [lock = ''] = readdirSync(join(dataDir, 'run.lock'));
  child.kill('SIGKILL');
  await gone;
  const path = join(dataDir, 'run.lock', lock, 'holder.json');
  const holder = JSON.parse(readFileSync(path, 'utf8'));
  // Alive, but it began at another time.
  const other = await contender();
  writeFileSync(path, JSON.stringify({ ...holder, pid: other.child.pid }));
  open().clear();
});
