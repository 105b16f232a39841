// An atomic disk driver for flydrive, whose own driver writes in place and copies, so that a kill can leave half a
// document under the final name. This one writes a temporary file in the same folder and renames it.

import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FSDriver } from 'flydrive/drivers/fs';
import type { WriteOptions } from 'flydrive/types';

// Two attempts may write one document at once, in one program or in two: the temporary names differ.
const RUN = randomBytes(6).toString('hex');
let written = 0;

/** A temporary file that this program is writing now, or left after an error. */
export function isOfThisRun(key: string): boolean {
  return key.includes(`.${RUN}-`);
}

export class WholeFileDriver extends FSDriver {
  constructor(location: string) {
    super({ location, visibility: 'private' });
  }

  /**
   * All keys below a folder, in no order. For the 300,000 documents of a large batch flydrive's own listing takes ten
   * times as long, and a promise for each of its 100,000 folders as long as reading them.
   */
  listKeys(folder: string): Promise<string[]> {
    const keys: string[] = [];
    return new Promise((resolve, reject) => {
      let unread = 0;
      const read = (inside: string) => {
        unread++;
        readdir(this.#pathOf(inside), { withFileTypes: true }, (error, entries = []) => {
          if (error !== null && error.code !== 'ENOENT') reject(error);
          for (const entry of entries) {
            const key = `${inside}/${entry.name}`;
            if (entry.isDirectory()) read(key);
            else keys.push(key);
          }
          if (--unread === 0) resolve(keys);
        });
      };
      read(folder);
    });
  }

  override async put(key: string, contents: string | Uint8Array, options?: WriteOptions): Promise<void> {
    const target = this.#pathOf(key);
    const temporary = join(dirname(target), `.${basename(key)}.${RUN}-${++written}.tmp`);
    const write = () => writeFile(temporary, contents, { signal: options?.signal, mode: 0o600 });
    try {
      await write().catch(async (error: NodeJS.ErrnoException) => {
        // Only the first document of a process finds no folder; asking each time would cost as much as the write.
        if (error.code !== 'ENOENT') throw error;
        await mkdir(dirname(target), { recursive: true, mode: 0o700 });
        await write();
      });
      options?.signal?.throwIfAborted();
      await rename(temporary, target);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  #pathOf(key: string): string {
    return `${this.options.location}/${key}`;
  }
}
