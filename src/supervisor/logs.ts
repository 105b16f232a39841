// The logs of a supervised run: the lines of each child as JSON in its own file, and on the terminal.
// Neither a closed terminal nor a full disk ends the run; lines that could not be written are counted.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import pino from 'pino';
import { hidePasswords, showJson } from '../model/error-text.ts';
import { LogFile } from './log-file.ts';
import { describeLine, ERROR_LEVEL, type Line, prettyRenderer } from './pretty.ts';

export type LogFormat = 'pretty' | 'json';

export class Logs {
  readonly #folder: string;
  readonly #files = new Map<string, LogFile>();
  readonly #errors = new Map<string, string>();
  readonly #out: NodeJS.WriteStream;
  readonly #render: (source: string, line: Line) => string;

  /** Keeps files in `folder`, which is created where missing. */
  constructor(folder: string, format: LogFormat, out: NodeJS.WriteStream = process.stdout) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#folder = folder;
    this.#out = out;
    this.#render = format === 'json' ? renderJson : prettyRenderer({ colors: out.isTTY === true, stacks: false });
    out.on('error', () => {});
  }

  /** A logger that writes like a child named `source`. */
  logger(source: string, level = 'info'): pino.Logger {
    return pino({ base: {}, level }, { write: (text: string) => this.#write(source, text, ERROR_LEVEL) });
  }

  /** Takes every line of `stream` as one of `source`; `level` is that of lines that are not JSON. */
  follow(source: string, stream: Readable, level: number): void {
    createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (text) => {
      if (text.trim() !== '') this.#write(source, text, level);
    });
  }

  /** The last line of `source` at level error or above. */
  lastError(source: string): string | undefined {
    return this.#errors.get(source);
  }

  close(): void {
    for (const file of this.#files.values()) file.close();
  }

  #write(source: string, text: string, level: number): void {
    const line = parseLine(hidePasswords(text), level);
    const file = this.#files.get(source) ?? new LogFile(join(this.#folder, `${source}.log`));
    this.#files.set(source, file);
    file.write(`${showJson(JSON.stringify(line))}\n`);
    if (line.level >= ERROR_LEVEL) this.#errors.set(source, describeLine(line));
    if (this.#out.writable) this.#out.write(this.#render(source, line));
  }
}

function parseLine(text: string, level: number): Line {
  if (text.startsWith('{')) {
    try {
      return JSON.parse(text) as Line;
    } catch {
      // Shown as it is.
    }
  }
  return { level, time: Date.now(), msg: text };
}

function renderJson(source: string, line: Line): string {
  return `${showJson(JSON.stringify({ ...line, source }))}\n`;
}
