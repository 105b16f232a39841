// What a start tells in its data folder, and leaves for the next one there: who runs, and which workers it had.
// Promises that the workers of a killed run are known by id, and that a full disk, once it runs, costs that and nothing else.

import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inUse, lockDataFolder, openDataFolder } from './data-folder.ts';

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
  /** That it holds a lock; those of earlier versions had none. */
  locked: true;
  worker_ids: string[];
  /** Pids by name. */
  children: Record<string, number>;
}

/**
 * Takes the data folder for this process. Throws a CliError when another start holds it, and what the file system says when it cannot be
 * written. Later it is told of that once, until it can be written again; what is in memory goes on.
 */
export function openRunState(dataDir: string, onUnwritten: (error: Error) => void): RunState {
  openDataFolder(dataDir);
  const unlock = lockDataFolder(dataDir);
  const path = join(dataDir, 'run.json');
  const before = read(path);
  if (before && !before.locked && before.pid !== process.pid && isStart(before.pid)) {
    unlock();
    throw inUse(dataDir, before.pid);
  }
  const abandoned_worker_ids = before?.worker_ids ?? [];
  let worker_ids = [...abandoned_worker_ids];
  const children: Record<string, number> = {};
  const write = () => {
    const stored: Stored = { pid: process.pid, locked: true, worker_ids, children };
    writeFileSync(`${path}.new`, `${JSON.stringify(stored)}\n`, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  };
  write();
  let written = true;
  const rewrite = () => {
    try {
      write();
      written = true;
    } catch (error) {
      if (written) onUnwritten(error as Error);
      written = false;
    }
  };
  return {
    abandoned_worker_ids,
    forgetAbandoned() {
      worker_ids = worker_ids.filter((id) => !abandoned_worker_ids.includes(id));
      rewrite();
    },
    addWorker(worker_id) {
      worker_ids.push(worker_id);
      rewrite();
    },
    setChild(name, pid) {
      children[name] = pid;
      rewrite();
    },
    clear() {
      rmSync(path, { force: true });
      unlock();
    },
  };
}

function read(path: string): { pid: number; locked: boolean; worker_ids: string[] } | undefined {
  try {
    const { pid, locked = false, worker_ids } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Stored>;
    return typeof pid === 'number' && Array.isArray(worker_ids) ? { pid, locked, worker_ids } : undefined;
  } catch {
    return undefined;
  }
}

/** True while `pid` is a process that runs `start`; where that cannot be seen, false: only earlier versions are found by it. */
function isStart(pid: number): boolean {
  try {
    // Empty for a zombie, which runs no more.
    return /\0(start|\S*start\.mjs)\0/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return false;
  }
}
