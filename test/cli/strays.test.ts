// Errors that nobody caught, in a process of its own: logged, followed by an end in order, and by a hard one where that does not come.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { builtFolder } from '../support/built.ts';

test('each is logged, and a process that does not come to its end is cut off', { timeout: 60_000 }, async () => {
  const module = join(await builtFolder(), 'src/cli/strays.js');
  const script = fileURLToPath(new URL('./strays.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, module, '100'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const code = await new Promise((done) => child.once('close', done));
  expect(said.trim().split('\n')).toEqual([
    expect.stringMatching(/left it floating: left floating$/),
    expect.stringMatching(/callback of some code: thrown in a callback$/),
    'To be replaced: an error was thrown where nobody catches it',
  ]);
  expect(code).toBe(1);
});
