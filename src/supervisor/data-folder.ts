// The data folder: closed to other accounts, and locked by one `start` at a time, however the last one ended.

import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processStart, signalProcess } from '../embedded/host-processes.ts';
import { CliError } from './exit.ts';

const OURS = /^(artifacts|logs|postgres|run\.json(\.new)?|run\.lock)$/;
/** Under root, PostgreSQL runs as another account, which must be able to enter its own folder inside. */
const FOLDER_MODE = process.getuid?.() === 0 ? 0o711 : 0o700;

/** Creates the folder, or removes the permissions of other accounts. Foreign files in it keep their permissions. */
export function openDataFolder(dataDir: string): void {
  createDataFolder(dataDir);
  const names = readdirSync(dataDir);
  for (const name of names.filter((name) => OURS.test(name))) close(join(dataDir, name), 0o700);
  if (names.includes('logs')) for (const name of readdirSync(join(dataDir, 'logs'))) close(join(dataDir, 'logs', name));
  if (names.length > 0 && names.every((name) => OURS.test(name))) close(dataDir, FOLDER_MODE);
}

/** Does nothing when the folder exists. */
export function createDataFolder(dataDir: string): void {
  // mkdir applies the umask.
  if (mkdirSync(dataDir, { recursive: true, mode: FOLDER_MODE }) !== undefined) chmodSync(dataDir, FOLDER_MODE);
}

/** Removes the permissions of other accounts and adds none. Files of other accounts do not change. */
function close(path: string, folder_mode = 0o700): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found || found.isSymbolicLink()) return;
  const mode = found.mode & 0o777;
  const closed = mode & (found.isDirectory() ? folder_mode : 0o600);
  if (closed === mode) return;
  try {
    chmodSync(path, closed);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
  }
}

interface Holder {
  pid: number;
  /** From processStart, because pids are reused. */
  started?: string;
}

/**
 * Locks the folder for this process; the returned function unlocks it. A lock is a numbered folder that contains the
 * name of its holder. It is filled first and then renamed, which succeeds for one process only. The highest number
 * holds the lock; if its holder is gone, the next process takes the next number. A process that was overtaken meanwhile
 * sees a higher number than its own and tries again.
 */
export function lockDataFolder(dataDir: string): () => void {
  const locks = join(dataDir, 'run.lock');
  mkdirSync(locks, { recursive: true, mode: 0o700 });
  for (;;) {
    const newest = newestIn(locks);
    const holder = readHolder(join(locks, String(newest)));
    if (holder !== undefined && isThere(holder)) {
      const { pid } = holder;
      throw new CliError(
        `Faultline already runs on ${dataDir} (pid ${pid}). Stop it (kill ${pid}), or choose another --data-dir.`,
      );
    }
    const mine = join(locks, String(newest + 1));
    if (!makeLock(mine)) continue;
    if (newestIn(locks) === newest + 1) {
      for (const number of numbersIn(locks)) if (number <= newest) remove(join(locks, String(number)));
      // The number is not reused: it would look held to a process that is still examining its last holder.
      return () => renameSync(join(mine, HOLDER), join(mine, 'left.json'));
    }
    remove(mine);
  }
}

const HOLDER = 'holder.json';

function numbersIn(locks: string): number[] {
  return readdirSync(locks)
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function newestIn(locks: string): number {
  return Math.max(0, ...numbersIn(locks));
}

/** Returns false if another process was faster. */
function makeLock(lock: string): boolean {
  const draft = `${lock}.${process.pid}`;
  const me: Holder = { pid: process.pid, started: processStart(process.pid) };
  remove(draft);
  try {
    mkdirSync(draft, { mode: 0o700 });
    writeFileSync(join(draft, HOLDER), `${JSON.stringify(me)}\n`, { mode: 0o600 });
    // Fails where a folder exists that is not empty.
    renameSync(draft, lock);
    return true;
  } catch (error) {
    remove(draft);
    if (lstatSync(lock, { throwIfNoEntry: false })) return false;
    throw error;
  }
}

/** Undefined when it was unlocked, or the machine lost power before the name reached the disk. */
function readHolder(lock: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(join(lock, HOLDER), 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

function isThere({ pid, started }: Holder): boolean {
  const answer = signalProcess(pid, 0);
  if (answer === 'gone') return false;
  const now = processStart(pid);
  // Where the start of another account's process is unknown, assume that it is the holder.
  return started === undefined || (now === undefined && answer === 'denied') || now === started;
}

function remove(path: string): void {
  rmSync(path, { recursive: true, force: true });
}
