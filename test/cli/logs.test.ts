// The log of a run: readable on the terminal, whole in the files, whatever a child writes.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type LogFormat, openLogs } from '../../src/cli/logs.ts';
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
  const logs = openLogs(folder, format, out as unknown as NodeJS.WriteStream);
  const child = new PassThrough();
  logs.follow('work-1', child, 50);
  child.end(lines.join('\n'));
  await until('all is shown', () => shown.split('\n').length > lines.length);
  await logs.close();
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
