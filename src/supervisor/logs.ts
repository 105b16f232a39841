// The log of a supervised run: each child's lines kept as JSON in a file of its own, and shown to people on the terminal.
// Promises that no line is lost to the display: what is not JSON is wrapped, a closed terminal does not stop the files, nor a full disk for good.

import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import pino from 'pino';
import { hidePasswords, showJson } from '../model/error-text.ts';
import { describeLine, ERROR_LEVEL, type Line, prettyRenderer } from './pretty.ts';

export type LogFormat = 'pretty' | 'json';

export interface Logs {
  /** A logger that writes as `source`, in the same file and manner as the children. */
  logger(source: string, level?: string): pino.Logger;
  /** Takes every line of `stream` as said by `source`. */
  follow(source: string, stream: Readable, level: number): void;
  /** The last line of `source` at level error or above, if any. */
  lastError(source: string): string | undefined;
  close(): void;
}

/** A file is set aside once at this size, so that a data folder holds at most twice as much per child. */
const MAX_FILE_BYTES = 32 * 1024 * 1024;

/** Opens the log files in `folder` (made where missing) and shows lines on `out` as `format` says. */
export function openLogs(folder: string, format: LogFormat, out: NodeJS.WriteStream = process.stdout): Logs {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files = new Map<string, LogFile>();
  const errors = new Map<string, string>();
  const render = format === 'json' ? renderJson : prettyRenderer({ colors: out.isTTY === true, stacks: false });
  out.on('error', () => {});

  const take = (source: string, text: string, level: number) => {
    // Whatever a child writes when it ends badly, an address with its password is not kept.
    const line = parseLine(hidePasswords(text), level);
    let file = files.get(source);
    if (!file) {
      file = openLogFile(join(folder, `${source}.log`));
      files.set(source, file);
    }
    file.write(`${showJson(JSON.stringify(line))}\n`);
    if (line.level >= ERROR_LEVEL) errors.set(source, describeLine(line));
    if (out.writable) out.write(render(source, line));
  };

  return {
    logger: (source, level = 'info') =>
      pino({ base: {}, level }, { write: (text: string) => take(source, text, ERROR_LEVEL) }),
    follow(source, stream, level) {
      createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (text) => {
        if (text.trim() !== '') take(source, text, level);
      });
    },
    lastError: (source) => errors.get(source),
    close() {
      for (const file of files.values()) file.close();
    },
  };
}

function parseLine(text: string, level: number): Line {
  if (text.startsWith('{')) {
    try {
      return JSON.parse(text) as Line;
    } catch {
      // Not ours: shown as it is.
    }
  }
  return { level, time: Date.now(), msg: text };
}

function renderJson(source: string, line: Line): string {
  return `${showJson(JSON.stringify({ ...line, source }))}\n`;
}

interface LogFile {
  write(text: string): void;
  close(): void;
}

/** Written at once, so that a line that finds no room is known to, and the next one tries again. */
function openLogFile(path: string): LogFile {
  let fd: number | undefined;
  let size_bytes = 0;
  /** The last line was cut off. */
  let torn = false;
  let lost = 0;

  const open = () => {
    fd ??= openSync(path, 'a', 0o600);
    size_bytes = fstatSync(fd).size;
    return fd;
  };
  const close = () => {
    if (fd !== undefined) closeSync(fd);
    fd = undefined;
  };
  const write = (text: string) => {
    let to = fd ?? open();
    if (size_bytes > MAX_FILE_BYTES) {
      close();
      renameSync(path, `${path}.1`);
      torn = false;
      to = open();
    }
    const bytes = Buffer.from(torn ? `\n${text}` : text);
    const written = writeSync(to, bytes);
    size_bytes += written;
    torn = written < bytes.length;
    if (torn) throw new Error('Only part of it was written.');
  };

  return {
    write(text) {
      try {
        if (lost > 0) write(lostLine(lost));
        lost = 0;
        write(text);
      } catch {
        // A full disk costs lines, not the run. Opened again: the file, too, may be another when there is room again.
        lost++;
        close();
      }
    },
    close,
  };
}

function lostLine(count: number): string {
  return `${JSON.stringify({ level: ERROR_LEVEL, time: Date.now(), msg: `${count} lines before this one could not be written` })}\n`;
}
