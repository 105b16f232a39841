// Processes are held still with their children and go on: when told to, and when whoever held them is gone. With real processes.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { freeze } from '../../src/supervisor/freeze.ts';
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

test('all of it is held still, and goes on', async () => {
  const all = await family();
  const frozen = await freeze(all[0] as number);
  expect([...frozen.pids].sort()).toEqual([...all].sort());
  await until('all are stopped', () => states(all) === 'TTT');
  await frozen.thaw();
  await until('all sleep', () => states(all) === 'SSS');
});

test('what ended meanwhile is no hindrance', async () => {
  const all = await family();
  const frozen = await freeze(all[0] as number);
  process.kill(all[1] as number, 'SIGKILL');
  await frozen.thaw();
  await until('the others go on', () => stateOf(all[0] as number) === 'S' && stateOf(all[2] as number) === 'S');
  const [gone] = await family();
  process.kill(gone as number, 'SIGKILL');
  await until('it is gone', () => !isRunning(gone as number));
  await (await freeze(gone as number)).thaw();
});

test('it goes on when whoever held it is killed', async () => {
  const all = await family();
  const module = pathToFileURL(`${await builtFolder()}/src/cli/freeze.js`).href;
  const source = `const { freeze } = await import(${JSON.stringify(module)}); await freeze(${all[0]}); console.log('held');
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
