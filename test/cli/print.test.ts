// What verbs print: columns stay columns, and no text of others starts a line or steers the terminal.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test, vi } from 'vitest';
import { createProgress, printJson, printTable, printText, remark, say } from '../../src/cli/print.ts';
import { builtFolder } from '../support/built.ts';
import { readTree } from '../support/tidy/tree.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** What is written while `print` runs, to both. */
function written(print: () => void): string {
  let text = '';
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      text += chunk;
      return true;
    });
  }
  print();
  vi.restoreAllMocks();
  return text;
}

const HOSTILE = 'a\nb\x1b[2J\x1b]0;t\x07\u009b1A\u202ec\r';
const SHOWN = 'a\\nb\\x1b[2J\\x1b]0;t\\x07\\x9b1A\\u202ec\\r';

test('a cell of a table is one cell, as wide as it is shown', () => {
  const table = written(() =>
    printTable(
      ['name', 'id'],
      [
        [HOSTILE, 1],
        ['b', null],
      ],
    ),
  );
  expect(table.split('\n')).toEqual([
    `${'name'.padEnd(SHOWN.length)}  id`,
    `${SHOWN}  1`,
    `${'b'.padEnd(SHOWN.length)}  -`,
    '',
  ]);
});

test('lines, notes of progress and documents show what they hold', () => {
  expect(written(() => say(HOSTILE))).toBe(`${SHOWN}\n`);
  expect(written(() => remark(HOSTILE))).toBe(`${SHOWN}\n`);
  expect(written(() => createProgress(false).update(HOSTILE, 1, 1, HOSTILE))).toBe(`${SHOWN}: 1 of 1, ${SHOWN}\n`);
  expect(written(() => printText(`# x\n${HOSTILE.replace('\n', '')}\n`))).toBe(`# x\n${SHOWN.replace('\\n', '')}\n`);
});

test('JSON is the same document, of characters that steer nothing', () => {
  const json = written(() => printJson({ name: HOSTILE }));
  expect(JSON.parse(json)).toEqual({ name: HOSTILE });
  expect(json).not.toMatch(/[\u007f-\u009f\u202e]/);
});

test('nothing of the command line is written but through them', () => {
  const may = /^src\/cli\/(print|explain|logger|logs)\.ts$/;
  const files = readTree(fileURLToPath(new URL('../..', import.meta.url))).filter(({ path }) =>
    path.startsWith('src/cli/'),
  );
  expect(files.length).toBeGreaterThan(20);
  const others = files.filter(({ path, text }) => !may.test(path) && /console\.|std(out|err)\.write/.test(text));
  expect(others.map(({ path }) => path)).toEqual([]);
});

test('a reader that closes the pipe early is no failure', { timeout: 60_000 }, async () => {
  const main = join(await builtFolder(), 'src/cli/main.js');
  const child = spawn(process.execPath, [main, 'doctor', '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await new Promise((done) => child.once('close', done));
  expect(said).not.toContain('EPIPE');
});
