// The data folder: who may look into it, and which start has it.
// Promises that nobody but its account reads what lies in it, and that two starts never share it, however the last one ended.

import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processStart, signalProcess } from '../embedded/host-processes.ts';
import { CliError } from './exit.ts';

const OURS = /^(artifacts|logs|postgres|run\.json(\.new)?|run\.lock)$/;
/** Run by root, PostgreSQL is another account's: it may go through, and see nothing. */
const FOLDER_MODE = process.getuid?.() === 0 ? 0o711 : 0o700;

/** Makes the folder, or closes one that an earlier version left open. Of a folder that holds other things, only ours are closed. */
export function openDataFolder(dataDir: string): void {
  // Whatever the umask is.
  if (mkdirSync(dataDir, { recursive: true, mode: FOLDER_MODE }) !== undefined) chmodSync(dataDir, FOLDER_MODE);
  const names = readdirSync(dataDir);
  for (const name of names.filter((name) => OURS.test(name))) close(join(dataDir, name), 0o700);
  if (names.includes('logs')) for (const name of readdirSync(join(dataDir, 'logs'))) close(join(dataDir, 'logs', name));
  if (names.length > 0 && names.every((name) => OURS.test(name))) close(dataDir, FOLDER_MODE);
}

/** Takes the rights of others away; never gives any. What is not ours to change stays. */
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
  /** As processStart tells it: pids are given out again. */
  started?: string;
}

/**
 * Takes the folder for this process, and returns what gives it back. A lock is a numbered folder with its holder's name in it, moved there
 * whole, which only one can do. The highest number holds: whoever finds its holder gone makes the next. So no number is made
 * twice while it counts, and who was overtaken while he looked sees a higher one than his own, and looks again.
 */
export function lockDataFolder(dataDir: string): () => void {
  const locks = join(dataDir, 'run.lock');
  mkdirSync(locks, { recursive: true, mode: 0o700 });
  for (;;) {
    const newest = newestIn(locks);
    const holder = readHolder(join(locks, String(newest)));
    if (holder !== undefined && isThere(holder)) throw inUse(dataDir, holder.pid);
    const mine = join(locks, String(newest + 1));
    if (!makeLock(mine)) continue;
    if (newestIn(locks) === newest + 1) {
      for (const number of numbersIn(locks)) if (number <= newest) remove(join(locks, String(number)));
      // The number stays: one that is made again would be a second holder to whoever looks at it for the last one's.
      return () => renameSync(join(mine, HOLDER), join(mine, 'left.json'));
    }
    remove(mine);
  }
}

export function inUse(dataDir: string, pid: number): CliError {
  return new CliError(
    `Faultline already runs on ${dataDir} (pid ${pid}). Stop it (kill ${pid}), or choose another --data-dir.`,
  );
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

/** False when somebody was faster. */
function makeLock(lock: string): boolean {
  const draft = `${lock}.${process.pid}`;
  const me: Holder = { pid: process.pid, started: processStart(process.pid) };
  remove(draft);
  try {
    mkdirSync(draft, { mode: 0o700 });
    writeFileSync(join(draft, HOLDER), `${JSON.stringify(me)}\n`, { mode: 0o600 });
    // Refused where a folder is that holds something.
    renameSync(draft, lock);
    return true;
  } catch (error) {
    remove(draft);
    if (lstatSync(lock, { throwIfNoEntry: false })) return false;
    throw error;
  }
}

/** Undefined where it was given back, or the machine lost power before the name was on the disk. */
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
  // Where nothing is told of another account's processes, it may be the one.
  return started === undefined || (now === undefined && answer === 'denied') || now === started;
}

function remove(path: string): void {
  rmSync(path, { recursive: true, force: true });
}
