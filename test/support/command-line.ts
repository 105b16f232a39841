// The command line as people run it: compiled, in processes of its own, whose output and exit code are kept.
// Promises that what was started here is killed after the test that started it at the latest.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { builtFolder } from './built.ts';
import { until } from './until.ts';

/** Starting everything takes 2 s on a quiet machine. */
export const SLOW = { deadline_ms: 40_000, every_ms: 50 };

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CommandLine {
  child: ChildProcessByStdio<null, Readable, Readable>;
  /** What it has said until now. */
  said: { stdout: string; stderr: string };
  ended: Promise<Ended>;
}

const running = new Set<CommandLine>();

/** Runs `faultline <args>`. Of the environment, DATABASE_URL is kept from it. */
export async function runFaultline(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CommandLine> {
  const main = join(await builtFolder(), 'src/cli/main.js');
  const { DATABASE_URL: _, ...own } = process.env;
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...own, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
  }
  const ended = new Promise<Ended>((done) => child.once('close', (code) => done({ code, ...said })));
  const line = { child, said, ended };
  running.add(line);
  void ended.then(() => running.delete(line));
  return line;
}

/** Runs `faultline start <args>` until it says that it is ready. */
export async function startFaultline(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CommandLine> {
  const line = await runFaultline(['start', ...args], env);
  let early: Ended | undefined;
  void line.ended.then((ended) => {
    early = ended;
  });
  await until('it is ready, or has ended', () => early ?? line.said.stdout.includes('Faultline is ready'), SLOW);
  if (early) throw new Error(`start ended with ${early.code}:\n${early.stdout}${early.stderr}`);
  return line;
}

/** Kills what is still running; `start` takes its children along. */
export function killFaultlines(): void {
  for (const { child } of running) child.kill('SIGKILL');
}
