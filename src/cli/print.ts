// How the command line shows things: tables and bars for people, JSON for scripts.
// Promises that with --json stdout holds JSON and nothing else, and that no text of others starts a line or steers the terminal.

import { MultiBar, type SingleBar } from 'cli-progress';
import { showJson, showLines, showText } from '../model/error-text.ts';

// A reader that has seen enough, such as `head`, closes the pipe. What it does not want is no failure of ours.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

/** A line on stdout. */
export function say(text: string): void {
  process.stdout.write(`${showText(text)}\n`);
}

/** A line on stderr: for people, beside what a program may read. */
export function remark(text: string): void {
  process.stderr.write(`${showText(text)}\n`);
}

/** A document of several lines on stdout. */
export function printText(text: string): void {
  process.stdout.write(showLines(text));
}

export function jsonText(value: unknown): string {
  return `${showJson(JSON.stringify(value, null, 2))}\n`;
}

export function printJson(value: unknown): void {
  process.stdout.write(jsonText(value));
}

/** A table with aligned columns; the last one is not padded. */
export function printTable(header: readonly string[], rows: readonly (readonly unknown[])[]): void {
  const cells = [header, ...rows].map((row) => row.map((cell) => showText(String(cell ?? '-'))));
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  for (const row of cells) {
    const line = row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)));
    process.stdout.write(`${line.join('  ').trimEnd()}\n`);
  }
}

export interface Progress {
  /** Shows how far `name` has come. */
  update(name: string, value: number, total: number, note?: string): void;
  stop(): void;
}

/** Bars on a terminal; elsewhere a line each time a whole tenth is reached; nothing with `silent`. */
export function createProgress(silent: boolean): Progress {
  if (silent) return { update: () => {}, stop: () => {} };
  return process.stderr.isTTY ? createBars() : createLines();
}

function createBars(): Progress {
  // Opened with the first bar: closing one without any would leave an empty line.
  let multi: MultiBar | null = null;
  const options = {
    format: '{name} {bar} {value}/{total}  {note}',
    barCompleteChar: '\u2588',
    barIncompleteChar: '\u2591',
    barsize: 30,
    hideCursor: true,
    clearOnComplete: false,
    stream: process.stderr,
  };
  const bars = new Map<string, SingleBar>();
  return {
    update(name, value, total, note = '') {
      let bar = bars.get(name);
      if (!bar) {
        multi ??= new MultiBar(options);
        bar = multi.create(total, 0, { name: showText(name).padEnd(10), note: showText(note) });
        bars.set(name, bar);
      }
      bar.setTotal(total);
      bar.update(value, { name: showText(name).padEnd(10), note: showText(note) });
    },
    stop: () => multi?.stop(),
  };
}

function createLines(): Progress {
  const told = new Map<string, number>();
  return {
    update(name, value, total, note = '') {
      const tenth = total === 0 ? 10 : Math.floor((value / total) * 10);
      if (told.get(name) === tenth) return;
      told.set(name, tenth);
      remark(`${name}: ${value} of ${total}${note ? `, ${note}` : ''}`);
    },
    stop: () => {},
  };
}
