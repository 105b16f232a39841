// npm run walk [-- --runs 500] [--seed n] [--path p] [<test file> ...] [-t <name of a test>]: runs the property tests from a random seed,
// each property at least `runs` times. Prints the seed; a failure prints its counterexample and can be repeated with the seed.

import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '500' },
    seed: { type: 'string' },
    path: { type: 'string' },
    testNamePattern: { type: 'string', short: 't' },
  },
});
const { runs, seed = String(randomInt(2 ** 31)), path, testNamePattern } = values;

const found = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.test\.tsx?$/.test(file))
  .map((file) => `test/${file.replaceAll('\\', '/')}`)
  .filter((file) => readFileSync(join(root, file), 'utf8').match(/ from '(fast-check|.*\/support\/random\.ts)'/));
const files = positionals.length > 0 ? positionals : found;
const named = testNamePattern === undefined ? [] : ['-t', testNamePattern];

console.log(`Seed ${seed}, each property at least ${runs} times, in ${files.length} files.`);
const { status } = spawnSync(
  process.execPath,
  [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'parts', '--testTimeout', '0', ...files, ...named],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, FAULTLINE_SEED: seed, FAULTLINE_RUNS: runs, ...(path && { FAULTLINE_PATH: path }) },
  },
);
if (status !== 0) console.log(`Again: npm run walk -- --seed ${seed} --runs ${runs} <the file that failed>`);
process.exit(status ?? 1);
