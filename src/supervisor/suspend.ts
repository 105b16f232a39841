// Suspends a process and its children (SIGSTOP) and resumes them (SIGCONT).
// They are resumed even if this process is killed meanwhile: a shell waits for its end and resumes them.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { allPids, parentPid, signalProcess } from '../embedded/host-processes.ts';

export interface Suspended {
  pids: readonly number[];
  /** Resumes all, in any order. */
  resume(): Promise<void>;
}

/** Reads pids until its input ends, which it does when this process ends. */
const GUARD = 'pids=; while read -r pid; do pids="$pids $pid"; done; [ -z "$pids" ] || kill -CONT $pids';

/** Suspends `pid`, then its children, including those it starts in between. */
export async function suspend(pid: number): Promise<Suspended> {
  // Detached, so that a Ctrl-C in the terminal does not reach it.
  const guard = spawn('/bin/sh', ['-c', GUARD], { stdio: ['pipe', 'ignore', 'ignore'], detached: true, cwd: '/' });
  // Not `once`, which rejects when the guard cannot be started, and nothing would handle that.
  const gone = new Promise<void>((done) => guard.once('exit', () => done()));
  guard.stdin.on('error', () => {});
  await once(guard, 'spawn');

  const pids: number[] = [];
  const resume = async () => {
    for (const each of pids) signalProcess(each, 'SIGCONT');
    guard.stdin.end();
    await gone;
  };
  try {
    for (let found = [pid]; found.length > 0; found = (await childrenOf(pid)).filter((each) => !pids.includes(each))) {
      await promisify<string, void>(guard.stdin.write.bind(guard.stdin))(found.map((each) => `${each}\n`).join(''));
      pids.push(...found);
      for (const each of found) {
        if (signalProcess(each, 'SIGSTOP') === 'denied') throw new Error(`Process ${each} belongs to another account.`);
      }
    }
  } catch (error) {
    await resume();
    throw error;
  }
  return { pids, resume };
}

async function childrenOf(parent: number): Promise<number[]> {
  if (process.platform === 'linux') return allPids().filter((pid) => parentPid(pid) === parent);
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=']);
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, ppid]) => ppid === parent)
    .map(([pid]) => pid as number);
}
