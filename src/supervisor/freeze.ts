// Holds a process and its children still (SIGSTOP), and lets them go on (SIGCONT).
// Promises that they go on, too, when we are killed meanwhile: a shell of ours waits for that and does nothing else.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { promisify } from 'node:util';

export interface Frozen {
  pids: readonly number[];
  /** Lets all go on, in any order; resolves when nothing of the freeze is left. */
  thaw(): Promise<void>;
}

/** Reads pids until its input ends, which it does with us. */
const GUARD = 'pids=; while read -r pid; do pids="$pids $pid"; done; [ -z "$pids" ] || kill -CONT $pids';

/** Stops `pid`, then its children; what it starts in between is stopped, too. */
export async function freeze(pid: number): Promise<Frozen> {
  // Detached: a Ctrl-C in the terminal is not for it.
  const guard = spawn('/bin/sh', ['-c', GUARD], { stdio: ['pipe', 'ignore', 'ignore'], detached: true, cwd: '/' });
  const gone = new Promise<void>((done) => guard.once('exit', () => done()));
  guard.stdin.on('error', () => {});
  await once(guard, 'spawn');

  const pids: number[] = [];
  const thaw = async () => {
    for (const each of pids) signal(each, 'SIGCONT');
    guard.stdin.end();
    await gone;
  };
  try {
    for (let found = [pid]; found.length > 0; found = (await childrenOf(pid)).filter((each) => !pids.includes(each))) {
      await tell(guard.stdin, found);
      pids.push(...found);
      for (const each of found) signal(each, 'SIGSTOP');
    }
  } catch (error) {
    await thaw();
    throw error;
  }
  return { pids, thaw };
}

/** Resolves when it is out of our hands. */
function tell(guard: Writable, pids: readonly number[]): Promise<void> {
  return new Promise((told, failed) => {
    guard.write(pids.map((pid) => `${pid}\n`).join(''), (error) => (error ? failed(error) : told()));
  });
}

function signal(pid: number, name: 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function childrenOf(parent: number): Promise<number[]> {
  const pairs = process.platform === 'linux' ? readProc() : await askPs();
  return pairs.filter(([, ppid]) => ppid === parent).map(([pid]) => pid);
}

function readProc(): [pid: number, ppid: number][] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0)
    .map((pid) => [pid, parentOf(pid)]);
}

/** 0 for one that has ended meanwhile. */
function parentOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // `pid (name) state ppid`, where the name may hold anything.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return 0;
  }
}

async function askPs(): Promise<[pid: number, ppid: number][]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=']);
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
}
