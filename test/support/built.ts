// The compiled command line, for tests of what only whole processes can show: builds it when it is stale.
// Promises the path of its folder; one build at a time, however many test files ask.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));

let built: Promise<string> | undefined;

/** Builds `dist` from the sources as they are, once per test file, and answers its path. */
export function builtFolder(): Promise<string> {
  built ??= build();
  return built;
}

async function build(): Promise<string> {
  await promisify(execFile)(process.execPath, ['scripts/build.mjs', 'server'], { cwd: root }).catch((error) => {
    throw new Error(`The server could not be built:\n${error.stdout}${error.stderr}`);
  });
  return fileURLToPath(new URL('../../dist', import.meta.url));
}
