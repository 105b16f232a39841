// Output of the command line: tables and bars for people, JSON for scripts.
// With --json, stdout holds JSON and nothing else. Foreign text cannot start a line or control the terminal.

import { MultiBar, type Options, type SingleBar } from 'cli-progress';
import { showJson, showLines, showText } from '../model/error-text.ts';
import { EXIT, type ExitCode } from '../supervisor/exit.ts';

// A reader such as `head` closes the pipe early; that is not an error.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

/** A line on stdout. */
export function say(text: string): void {
  process.stdout.write(`${showText(text)}\n`);
}

/** A line on stderr, for people. */
export function remark(text: string): void {
  process.stderr.write(`${showText(text)}\n`);
}

/** Several lines on stdout. */
export function printText(text: string): void {
  process.stdout.write(showLines(text));
}

export function jsonText(value: unknown): string {
  return `${showJson(JSON.stringify(value, null, 2))}\n`;
}

export function printJson(value: unknown): void {
  process.stdout.write(jsonText(value));
}

/** Shows the result of a verb: as JSON with `--json`, else as `print` does. */
export function show({ json }: { json: boolean }, result: unknown, print: () => void): ExitCode {
  if (json) printJson(result);
  else print();
  return EXIT.ok;
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
  update(name: string, value: number, total: number, note?: string): void;
  stop(): void;
}

/** Bars on a terminal, elsewhere a line for each tenth; nothing with `silent`. */
export function createProgress(silent: boolean): Progress {
  if (silent) return { update: () => {}, stop: () => {} };
  return process.stderr.isTTY ? createBars() : createLines();
}

function createBars(): Progress {
  // Created with the first bar: stopping a MultiBar without bars leaves an empty line.
  let multi: MultiBar | null = null;
  const bars = new Map<string, SingleBar>();
  return {
    update(name, value, total, note = '') {
      const texts = { name: showText(name).padEnd(10), note: showText(note) };
      multi ??= new MultiBar(BAR);
      const bar = bars.get(name) ?? multi.create(total, 0, texts);
      bars.set(name, bar);
      bar.setTotal(total);
      bar.update(value, texts);
    },
    stop: () => multi?.stop(),
  };
}

const BAR: Options = {
  format: '{name} {bar} {value}/{total}  {note}',
  barCompleteChar: '\u2588',
  barIncompleteChar: '\u2591',
  barsize: 30,
  hideCursor: true,
  stream: process.stderr,
};

function createLines(): Progress {
  const shown = new Map<string, number>();
  return {
    update(name, value, total, note = '') {
      const tenth = total === 0 ? 10 : Math.floor((value / total) * 10);
      if (shown.get(name) === tenth) return;
      shown.set(name, tenth);
      remark(`${name}: ${value} of ${total}${note ? `, ${note}` : ''}`);
    },
    stop: () => {},
  };
}
