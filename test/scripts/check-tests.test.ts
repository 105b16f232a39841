// The last line of continuous integration: what it counts, and when it fails.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/check-tests.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'faultline-report-'));
afterAll(() => rmSync(folder, { recursive: true }));

function sum(report: object | undefined) {
  const path = join(folder, 'report.json');
  rmSync(path, { force: true });
  if (report) writeFileSync(path, JSON.stringify(report));
  const { stdout, status } = spawnSync(process.execPath, [script, path], { encoding: 'utf8' });
  return { last_line: stdout.trimEnd().split('\n').at(-1), exit_code: status };
}

const file = (status: string, tests: number) => ({
  status,
  assertionResults: Array.from({ length: tests }, () => ({})),
});

test('all passed', () => {
  const report = { numPassedTests: 3, numFailedTests: 0, testResults: [file('passed', 3)] };
  expect(sum(report)).toEqual({ last_line: '3 passed, 0 failed', exit_code: 0 });
});

test('a failed test fails the run', () => {
  const report = { numPassedTests: 2, numFailedTests: 1, testResults: [file('failed', 3)] };
  expect(sum(report)).toEqual({ last_line: '2 passed, 1 failed', exit_code: 1 });
});

test('a file that could not be loaded is a failure', () => {
  const report = { numPassedTests: 3, numFailedTests: 0, testResults: [file('passed', 3), file('failed', 0)] };
  expect(sum(report)).toEqual({ last_line: '3 passed, 1 failed', exit_code: 1 });
});

test('nothing run, or no report, is no success', () => {
  const report = { numPassedTests: 0, numFailedTests: 0, testResults: [] };
  expect(sum(report)).toEqual({ last_line: '0 passed, 0 failed', exit_code: 1 });
  expect(sum(undefined)).toEqual({ last_line: '0 passed, 0 failed', exit_code: 1 });
});
