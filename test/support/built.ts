// The compiled command line and page, for tests of what only whole processes can show: builds them when they are stale.
// Promises the path of its folder; one build at a time, however many test files ask.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));

let built: Promise<string> | undefined;

/** Builds `dist` from the sources as they are, once per test file, and answers its path. */
export function builtFolder(): Promise<string> {
  built ??= build('server');
  return built;
}

/** Builds the page that the compiled server serves. */
export async function builtPage(): Promise<void> {
  await build('ui');
}

async function build(target: 'server' | 'ui'): Promise<string> {
  await promisify(execFile)(process.execPath, ['scripts/build.mjs', target], { cwd: root }).catch((error) => {
    throw new Error(`The ${target} could not be built:\n${error.stdout}${error.stderr}`);
  });
  return fileURLToPath(new URL('../../dist', import.meta.url));
}
