// The log of a supervised run: each child's lines kept as JSON in a file of its own, and shown to people on the terminal.
// Promises that no line is lost to the display: what is not JSON is wrapped, and a closed terminal does not stop the files.

import { createWriteStream, mkdirSync, renameSync, rmSync, statSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import pino from 'pino';
import { prettyFactory } from 'pino-pretty';

export type LogFormat = 'pretty' | 'json';

export interface Logs {
  /** A logger that writes as `source`, in the same file and manner as the children. */
  logger(source: string, level?: string): pino.Logger;
  /** Takes every line of `stream` as said by `source`. */
  follow(source: string, stream: Readable, level: number): void;
  /** The last line of `source` at level error or above, if any. */
  lastError(source: string): string | undefined;
  close(): Promise<void>;
}

interface Line {
  level: number;
  time: number;
  msg?: string;
  [field: string]: unknown;
}

/** A file is set aside once at this size, so that a data folder holds at most twice as much per child. */
const MAX_FILE_BYTES = 32 * 1024 * 1024;
const ERROR_LEVEL = 50;

/** Opens the log files in `folder` (made where missing) and shows lines on `out` as `format` says. */
export function openLogs(folder: string, format: LogFormat, out: NodeJS.WriteStream = process.stdout): Logs {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files = new Map<string, LogFile>();
  const errors = new Map<string, string>();
  const render = format === 'json' ? renderJson : prettyRenderer(out.isTTY === true);
  out.on('error', () => {});

  const take = (source: string, text: string, level: number) => {
    const line = parseLine(text, level);
    let file = files.get(source);
    if (!file) {
      file = openLogFile(join(folder, `${source}.log`));
      files.set(source, file);
    }
    file.write(`${JSON.stringify(line)}\n`);
    if (line.level >= ERROR_LEVEL) errors.set(source, describe(line));
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
    close: async () => {
      await Promise.all([...files.values()].map((file) => file.close()));
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

function describe(line: Line): string {
  const cause = (line.err as { message?: string } | undefined)?.message;
  return [line.msg, cause].filter(Boolean).join(': ');
}

function renderJson(source: string, line: Line): string {
  return `${JSON.stringify({ ...line, source })}\n`;
}

const LABELS: [level: number, label: string][] = [
  [ERROR_LEVEL, 'ERROR '],
  [40, 'WARN '],
];

function prettyRenderer(colors: boolean): (source: string, line: Line) => string {
  const pretty = prettyFactory({
    colorize: colors,
    // Stacks stay in the files.
    ignore: 'pid,hostname,source,level,time,batch_id,err',
    singleLine: true,
    messageFormat: (line) => {
      const label = LABELS.find(([level]) => Number(line.level) >= level)?.[1] ?? '';
      const time = new Date(Number(line.time)).toTimeString().slice(0, 8);
      return `${time} ${String(line.source).padEnd(8)} ${label}${describe(line as unknown as Line)}`;
    },
  });
  return (source, line) => pretty({ ...line, source });
}

interface LogFile {
  write(text: string): void;
  close(): Promise<void>;
}

function openLogFile(path: string): LogFile {
  let size_bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  let stream = append(path);
  return {
    write(text) {
      if (size_bytes > MAX_FILE_BYTES) {
        stream.end();
        rmSync(`${path}.1`, { force: true });
        renameSync(path, `${path}.1`);
        stream = append(path);
        size_bytes = 0;
      }
      size_bytes += Buffer.byteLength(text);
      stream.write(text);
    },
    close: () => new Promise((done) => stream.end(done)),
  };
}

function append(path: string): WriteStream {
  const stream = createWriteStream(path, { flags: 'a', mode: 0o600 });
  // A full disk costs the log, not the run.
  stream.on('error', () => {});
  return stream;
}
