// A log file that survives a full disk: it counts and reports the lines it could not write, and continues when it can.

import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import { ERROR_LEVEL } from './pretty.ts';

/** Then it is renamed to `.1`, so that there are at most two files of this size. */
const MAX_FILE_BYTES = 32 * 1024 * 1024;

export class LogFile {
  readonly #path: string;
  #fd: number | undefined;
  #size_bytes = 0;
  /** The last line was written in part. */
  #torn = false;
  #lost = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Synchronous, so that a line that finds no room is counted. */
  write(text: string): void {
    try {
      if (this.#lost > 0) this.#append(lostLine(this.#lost));
      this.#lost = 0;
      this.#append(text);
    } catch {
      this.#lost++;
      // Opened again for the next line: by then it may be another file.
      this.close();
    }
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #append(text: string): void {
    let fd = this.#fd ?? this.#open();
    if (this.#size_bytes > MAX_FILE_BYTES) {
      this.close();
      renameSync(this.#path, `${this.#path}.1`);
      this.#torn = false;
      fd = this.#open();
    }
    const bytes = Buffer.from(this.#torn ? `\n${text}` : text);
    const written = writeSync(fd, bytes);
    this.#size_bytes += written;
    this.#torn = written < bytes.length;
    if (this.#torn) throw new Error('Only a part was written.');
  }

  #open(): number {
    this.#fd = openSync(this.#path, 'a', 0o600);
    this.#size_bytes = fstatSync(this.#fd).size;
    return this.#fd;
  }
}

function lostLine(count: number): string {
  const msg = `${count} lines before this one could not be written`;
  return `${JSON.stringify({ level: ERROR_LEVEL, time: Date.now(), msg })}\n`;
}
