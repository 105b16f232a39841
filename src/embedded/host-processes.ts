// Asks the system about other processes: whether one runs, since when, its program and folder. Mostly Linux only.
// Unknown values are `undefined`; a reused pid is recognized.

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Sends a signal, or with 0 checks the process. `denied`: the process belongs to another account. */
export function signalProcess(pid: number, name: NodeJS.Signals | 0): 'sent' | 'denied' | 'gone' {
  try {
    process.kill(pid, name);
    return 'sent';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'denied' : 'gone';
  }
}

/** The fields of /proc/<pid>/stat after the name: the first is the state. */
function statOf(pid: number): string[] | undefined {
  const stat = read(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** One letter: `Z` is a zombie. Linux only. */
export function processState(pid: number): string | undefined {
  return statOf(pid)?.[0];
}

/** Linux only. */
export function parentPid(pid: number): number | undefined {
  const ppid = statOf(pid)?.[1];
  return ppid === undefined ? undefined : Number(ppid);
}

/** Identifies the start of a process: no later process with the same pid has the same value, even after a reboot. */
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

/** Linux only, for processes of this account. */
export function workingFolder(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

/** Linux only. */
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
