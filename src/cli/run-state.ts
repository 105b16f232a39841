// What a start tells in its data folder, and leaves for the next one there: who runs, and which workers it had.
// Promises that two starts never share a folder, and that the workers of a killed run are known by id.

import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from './exit.ts';

export interface RunState {
  /** Workers of an earlier run that did not end in order: their leases are still theirs. */
  abandoned_worker_ids: readonly string[];
  /** The leases of the abandoned workers were ended. */
  forgetAbandoned(): void;
  addWorker(worker_id: string): void;
  /** For people and tests: which process is which. */
  setChild(name: string, pid: number): void;
  /** After an ordered stop: nothing is left to clean up. */
  clear(): void;
}

interface Stored {
  pid: number;
  worker_ids: string[];
  /** Pids by name. */
  children: Record<string, number>;
}

/** Takes the data folder for this process. Throws a CliError when another start holds it. */
export function openRunState(dataDir: string): RunState {
  const path = join(dataDir, 'run.json');
  const before = read(path);
  if (before && before.pid !== process.pid && isStart(before.pid)) {
    throw new CliError(
      `Faultline already runs on ${dataDir} (pid ${before.pid}). Stop it (kill ${before.pid}), or choose another --data-dir.`,
    );
  }
  const abandoned_worker_ids = before?.worker_ids ?? [];
  let worker_ids = [...abandoned_worker_ids];
  const children: Record<string, number> = {};
  const write = () => {
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(`${path}.new`, `${JSON.stringify({ pid: process.pid, worker_ids, children } satisfies Stored)}\n`);
    renameSync(`${path}.new`, path);
  };
  write();
  return {
    abandoned_worker_ids,
    forgetAbandoned() {
      worker_ids = worker_ids.filter((id) => !abandoned_worker_ids.includes(id));
      write();
    },
    addWorker(worker_id) {
      worker_ids.push(worker_id);
      write();
    },
    setChild(name, pid) {
      children[name] = pid;
      write();
    },
    clear: () => rmSync(path, { force: true }),
  };
}

function read(path: string): Omit<Stored, 'children'> | undefined {
  try {
    const { pid, worker_ids } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Stored>;
    return typeof pid === 'number' && Array.isArray(worker_ids) ? { pid, worker_ids } : undefined;
  } catch {
    return undefined;
  }
}

/** True while `pid` is a process that runs `start`; where that cannot be seen, while anything runs under it. */
function isStart(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  try {
    // Empty for a zombie, which runs no more.
    return /\0(start|\S*start\.mjs)\0/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return process.platform !== 'linux';
  }
}
