// What the system tells of other processes: whether one runs, since when, as what and where. Linux tells most.
// Promises to answer `undefined` where it cannot tell, and never to take one process for another that had its pid before.

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Sends a signal, or with 0 only asks. `denied`: there is such a process, of another account. */
export function signalProcess(pid: number, name: NodeJS.Signals | 0): 'sent' | 'denied' | 'gone' {
  try {
    process.kill(pid, name);
    return 'sent';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'denied' : 'gone';
  }
}

/** The fields of /proc/<pid>/stat after the name, which may hold anything: the first is the state. */
function statOf(pid: number): string[] | undefined {
  const stat = read(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** One letter: `Z` is a zombie, which runs no more. Linux only. */
export function processState(pid: number): string | undefined {
  return statOf(pid)?.[0];
}

/** Linux only. */
export function parentPid(pid: number): number | undefined {
  const ppid = statOf(pid)?.[1];
  return ppid === undefined ? undefined : Number(ppid);
}

/** When a process began, in words that only it has: no later one of the same pid has them, also after the machine was started again. */
export function processStart(pid: number): string | undefined {
  if (process.platform === 'win32') return undefined;
  if (process.platform !== 'linux') {
    return spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim() || undefined;
  }
  const stat = statOf(pid);
  if (stat === undefined || stat[0] === 'Z') return undefined;
  return `${read('/proc/sys/kernel/random/boot_id')?.trim() ?? ''} ${stat[19]}`;
}

/** The name of its program. Linux only. */
export function processName(pid: number): string | undefined {
  return read(`/proc/${pid}/comm`)?.trim();
}

/** Linux only, and of one's own processes. */
export function workingFolder(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

/** Empty off Linux. */
export function allPids(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
