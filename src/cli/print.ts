// How the command line shows things: tables and bars for people, JSON for scripts.
// Promises that with --json stdout holds JSON and nothing else.

import { MultiBar, type SingleBar } from 'cli-progress';

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** A table with aligned columns; the last one is not padded. */
export function printTable(header: readonly string[], rows: readonly (readonly unknown[])[]): void {
  const cells = [header, ...rows].map((row) => row.map((cell) => String(cell ?? '-')));
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  for (const row of cells) {
    const line = row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)));
    console.log(line.join('  ').trimEnd());
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
        bar = multi.create(total, 0, { name: name.padEnd(10), note });
        bars.set(name, bar);
      }
      bar.setTotal(total);
      bar.update(value, { name: name.padEnd(10), note });
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
      console.error(`${name}: ${value} of ${total}${note ? `, ${note}` : ''}`);
    },
    stop: () => {},
  };
}
