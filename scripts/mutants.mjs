// npm run mutants [-- --only name,name] [--write]: removes one guard at a time from a copy of the sources and runs the tests that must
// notice. Exits with 1 when a removal goes unnoticed, or when the tests fail without it. --write records which test noticed.

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const LIST = join(root, 'test/conformance/mutants.json');
const { values: flags } = parseArgs({ options: { only: { type: 'string' }, write: { type: 'boolean' } } });

const all = JSON.parse(readFileSync(LIST, 'utf8'));
const wanted = flags.only?.split(',');
const mutants = all.filter(({ name }) => wanted === undefined || wanted.includes(name));
if (mutants.length === 0) throw new Error(`No mutant has the name ${flags.only}.`);

const copy = mkdtempSync(join(tmpdir(), 'faultline-mutants-'));
process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
process.on('SIGINT', () => process.exit(130));
copyTree();

const unnoticed = [];
const sound = new Map();
for (const [index, mutant] of mutants.entries()) {
  const begun = performance.now();
  const verdict = check(mutant);
  const seconds = ((performance.now() - begun) / 1000).toFixed(0);
  console.log(`${index + 1}/${mutants.length} ${mutant.name}: ${verdict.text} (${seconds} s)`);
  if (verdict.caught_by) mutant.caught_by = verdict.caught_by;
  else unnoticed.push(mutant.name);
}
if (flags.write) {
  writeFileSync(LIST, `${JSON.stringify(all, null, 2)}\n`);
  execFileSync(process.execPath, ['node_modules/@biomejs/biome/bin/biome', 'format', '--write', LIST], { cwd: root });
}
console.log(`${mutants.length - unnoticed.length} of ${mutants.length} mutants noticed.`);
if (unnoticed.length > 0) {
  console.log(`Unnoticed: ${unnoticed.join(', ')}`);
  process.exitCode = 1;
}

/** The files known to git with their current contents, and a link to the dependencies. */
function copyTree() {
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
  for (const file of files.split('\n').filter((name) => name !== '' && existsSync(join(root, name)))) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(root, file), join(copy, file));
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
}

function check(mutant) {
  const { file, find, replace, tests } = mutant;
  const path = join(copy, file);
  const source = readFileSync(path, 'utf8');
  const found = source.split(find).length - 1;
  if (found !== 1) return { text: `its text occurs ${found} times in ${file}` };
  const missing = tests.filter((test) => !existsSync(join(copy, test)));
  if (missing.length > 0) return { text: `there is no ${missing.join(', ')}` };
  for (const test of tests) {
    if (!isSound(test)) return { text: `${test} fails without any mutant` };
    writeFileSync(
      path,
      source.replace(find, () => replace),
    );
    const failed = failedTests(test);
    writeFileSync(path, source);
    if (failed.length > 0) return { text: `caught by ${test}: ${failed[0]}`, caught_by: `${test}: ${failed[0]}` };
  }
  return { text: 'NOT NOTICED' };
}

/** A test that fails without the mutant proves nothing. */
function isSound(test) {
  if (!sound.has(test)) sound.set(test, failedTests(test).length === 0);
  return sound.get(test);
}

function failedTests(test) {
  const report = join(copy, 'report.json');
  rmSync(report, { force: true });
  const run = spawnSync(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', test, '--reporter=json', `--outputFile=${report}`],
    { cwd: copy, encoding: 'utf8', timeout: 300_000 },
  );
  if (run.status === 0) return [];
  if (!existsSync(report)) return [`the run itself failed: ${(run.stderr ?? '').trim().split('\n')[0]}`];
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  const failed = testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName.trim()),
  );
  return failed.length > 0 ? failed : ['the file cannot be run'];
}
