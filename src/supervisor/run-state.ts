// The record of a run in its data folder, run.json: its processes and workers, for the next run there.
// After a killed run the next one knows its workers by id. A full disk costs the record only.

import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lockDataFolder, openDataFolder } from './data-folder.ts';

interface Stored {
  pid: number;
  worker_ids: string[];
  /** Pids by name, for people and tests. */
  children: Record<string, number>;
}

export class RunState {
  /** Workers of an earlier run that was killed: they still hold leases. */
  readonly abandoned_worker_ids: readonly string[];
  readonly #path: string;
  readonly #unlock: () => void;
  readonly #onUnwritten: (error: Error) => void;
  readonly #children: Record<string, number> = {};
  #worker_ids: string[];
  #written = true;

  /**
   * Takes the data folder for this process. `onUnwritten` is called when the record cannot be written later, once until
   * it can be.
   * @throws CliError when another run holds the folder, and the error of a folder that cannot be written
   */
  constructor(dataDir: string, onUnwritten: (error: Error) => void) {
    openDataFolder(dataDir);
    this.#unlock = lockDataFolder(dataDir);
    this.#path = join(dataDir, 'run.json');
    this.#onUnwritten = onUnwritten;
    this.abandoned_worker_ids = readWorkerIds(this.#path);
    this.#worker_ids = [...this.abandoned_worker_ids];
    this.#store();
  }

  /** Call when the leases of the abandoned workers have ended. */
  forgetAbandoned(): void {
    this.#worker_ids = this.#worker_ids.filter((id) => !this.abandoned_worker_ids.includes(id));
    this.#write();
  }

  addWorker(worker_id: string): void {
    this.#worker_ids.push(worker_id);
    this.#write();
  }

  setChild(name: string, pid: number): void {
    this.#children[name] = pid;
    this.#write();
  }

  /** After an orderly stop. */
  clear(): void {
    rmSync(this.#path, { force: true });
    this.#unlock();
  }

  #write(): void {
    try {
      this.#store();
      this.#written = true;
    } catch (error) {
      if (this.#written) this.#onUnwritten(error as Error);
      this.#written = false;
    }
  }

  #store(): void {
    const stored: Stored = { pid: process.pid, worker_ids: this.#worker_ids, children: this.#children };
    writeFileSync(`${this.#path}.new`, `${JSON.stringify(stored)}\n`, { mode: 0o600 });
    renameSync(`${this.#path}.new`, this.#path);
  }
}

function readWorkerIds(path: string): string[] {
  try {
    const { worker_ids } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Stored>;
    return Array.isArray(worker_ids) ? worker_ids : [];
  } catch {
    return [];
  }
}
