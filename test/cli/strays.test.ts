// Stray errors in a process of its own: logged, then an orderly stop, or a hard one when that takes too long.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { builtFolder } from '../support/built.ts';

test('stray errors are logged, and a process that does not stop is ended', { timeout: 60_000 }, async () => {
  const module = join(await builtFolder(), 'src/cli/strays.js');
  const script = fileURLToPath(new URL('./strays.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, module, '100'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const code = await new Promise((done) => child.once('close', done));
  expect(said.trim().split('\n')).toEqual([
    expect.stringMatching(/no code handles it: left floating$/),
    expect.stringMatching(/no code catches it: thrown in a callback$/),
    'To be replaced: an error was thrown in a callback and no code catches it',
  ]);
  expect(code).toBe(1);
});
