// The log of a run: readable on the terminal, whole in the files, whatever a child writes.

import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type LogFormat, Logs } from '../../src/supervisor/logs.ts';
import { until } from '../support/until.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faultline-logs-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function show(format: LogFormat, lines: string[]): Promise<{ shown: string; kept: object[]; error?: string }> {
  const out = new PassThrough();
  let shown = '';
  out.on('data', (text) => {
    shown += text;
  });
  const logs = new Logs(folder, format, out as unknown as NodeJS.WriteStream);
  const child = new PassThrough();
  logs.follow('work-1', child, 50);
  child.end(lines.join('\n'));
  await until('all is shown', () => shown.split('\n').length > lines.length);
  logs.close();
  const file = await readFile(join(folder, 'work-1.log'), 'utf8');
  const kept = file
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return { shown, kept, error: logs.lastError('work-1') };
}

const TIME = new Date(2026, 2, 1, 9, 5, 7).getTime();
const INFO = JSON.stringify({ level: 30, time: TIME, batch_id: 'b', size: 3, msg: 'Working' });
const ERROR = JSON.stringify({ level: 50, time: TIME, err: { message: 'it broke', stack: 'at x' }, msg: 'Failed' });

test('for people a line says when, who and what; stacks stay in the file', async () => {
  const { shown, kept, error } = await show('pretty', [INFO, ERROR]);
  expect(shown).toBe('09:05:07 work-1   Working {"size":3}\n09:05:07 work-1   ERROR Failed: it broke\n');
  expect(kept[1]).toMatchObject({ err: { stack: 'at x' } });
  expect(error).toBe('Failed: it broke');
});

test('what is not JSON is kept and shown at the level of its stream', async () => {
  const { shown, kept } = await show('pretty', ['{ not: json', 'plain words']);
  expect(kept).toMatchObject([
    { level: 50, msg: '{ not: json' },
    { level: 50, msg: 'plain words' },
  ]);
  expect(shown).toMatch(/ERROR plain words\n$/);
});

test('for programs each line is a JSON document that names its source', async () => {
  const { shown } = await show('json', [INFO, 'plain words']);
  const [first, second] = shown
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(first).toEqual({ ...JSON.parse(INFO), source: 'work-1' });
  expect(second).toMatchObject({ level: 50, msg: 'plain words', source: 'work-1' });
});

test('what others wrote cannot start a line of its own, nor steer the terminal', async () => {
  const msg = 'x\n16:44:50 work-1   ERROR forged \x1b[2J\x1b]0;t\x07\u009b1A \u202eback';
  const hostile = JSON.stringify({ level: 40, time: TIME, err: { message: 'a\rb' }, note: '\u009b2J\u202e', msg });
  const { shown, kept } = await show('pretty', [hostile, `raw ${msg.replace('\n', ' ')}`]);
  expect(shown.split('\n')).toHaveLength(3);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be there
  expect(shown.replaceAll('\n', '')).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202e]/);
  expect(shown).toContain('x\\n16:44:50 work-1   ERROR forged \\x1b[2J\\x1b]0;t\\x07\\x9b1A \\u202eback: a\\rb');
  expect(kept[0]).toEqual(JSON.parse(hostile));
});

test.each<LogFormat>(['json', 'pretty'])('no address is kept or shown with its password (%s)', async (format) => {
  const url = 'postgres://ada:5ecret/x@h/d';
  const told = JSON.stringify({ level: 50, time: TIME, err: { input: url, stack: `at ${url}` }, msg: url });
  const { shown, kept, error } = await show(format, [told, `  input: '${url}'`]);
  expect(`${shown}${JSON.stringify(kept)}${error}`).not.toContain('5ecret');
  expect(kept[0]).toMatchObject({ msg: 'postgres://ada:***@h/d' });
});

const FULL = '/dev/full';

test.runIf(existsSync(FULL))('a full disk costs lines, is told of, and ends when there is room', async () => {
  const file = join(folder, 'work-1.log');
  const out = new PassThrough();
  out.resume();
  const logs = new Logs(folder, 'json', out as unknown as NodeJS.WriteStream);
  const logger = logs.logger('work-1');
  await symlink(FULL, file);
  logger.info('lost');
  logger.info('lost, too');
  await rm(file);
  logger.info('there is room');
  logger.info('again');
  logs.close();
  const kept = (await readFile(file, 'utf8')).trim().split('\n');
  expect(kept.map((line) => JSON.parse(line).msg)).toEqual([
    '2 lines before this one could not be written',
    'there is room',
    'again',
  ]);
});

test('a file that grew large is set aside, once', async () => {
  const file = join(folder, 'work-1.log');
  await writeFile(file, 'x'.repeat(33 * 1024 * 1024));
  const out = new PassThrough();
  out.resume();
  const logs = new Logs(folder, 'json', out as unknown as NodeJS.WriteStream);
  logs.logger('work-1').info('first of the new one');
  logs.close();
  expect(await readFile(file, 'utf8')).toMatch(/^\{[^\n]*first of the new one[^\n]*\n$/);
  expect((await stat(`${file}.1`)).size).toBe(33 * 1024 * 1024);
});
