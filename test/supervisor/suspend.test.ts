// Real processes are suspended with their children and resumed: on request, and when the suspending process is gone.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { suspend } from '../../src/supervisor/suspend.ts';
import { builtFolder } from '../support/built.ts';
import { isRunning, stateOf } from '../support/processes.ts';
import { until } from '../support/until.ts';

const started: ChildProcess[] = [];
const pids: number[] = [];
afterEach(() => {
  for (const pid of pids.splice(0)) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** A shell with two children: their pids, its own first. */
async function family(): Promise<number[]> {
  const shell = spawn('/bin/sh', ['-c', 'sleep 600 & echo $!; sleep 600 & echo $!; echo up; wait'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  started.push(shell);
  const found = [shell.pid as number];
  for await (const line of createInterface({ input: shell.stdout })) {
    if (line === 'up') break;
    found.push(Number(line));
  }
  pids.push(...found);
  return found;
}

const states = (all: readonly number[]) => all.map(stateOf).join('');

test('suspends a process with its children and resumes them', async () => {
  const all = await family();
  const suspended = await suspend(all[0] as number);
  expect([...suspended.pids].sort()).toEqual([...all].sort());
  await until('all are stopped', () => states(all) === 'TTT');
  await suspended.resume();
  await until('all sleep', () => states(all) === 'SSS');
});

test('resumes the rest when a process has ended meanwhile', async () => {
  const all = await family();
  const suspended = await suspend(all[0] as number);
  process.kill(all[1] as number, 'SIGKILL');
  await suspended.resume();
  await until('the others go on', () => stateOf(all[0] as number) === 'S' && stateOf(all[2] as number) === 'S');
  const [gone] = await family();
  process.kill(gone as number, 'SIGKILL');
  await until('it is gone', () => !isRunning(gone as number));
  await (await suspend(gone as number)).resume();
});

test('it resumes when the suspending process is killed', async () => {
  const all = await family();
  const module = pathToFileURL(`${await builtFolder()}/src/supervisor/suspend.js`).href;
  const source = `const { suspend } = await import(${JSON.stringify(module)}); await suspend(${all[0]}); console.log('held');
    setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.push(holder);
  await once(holder.stdout, 'data');
  await until('all are stopped', () => states(all) === 'TTT');
  holder.kill('SIGKILL');
  await until('all sleep', () => states(all) === 'SSS');
});
