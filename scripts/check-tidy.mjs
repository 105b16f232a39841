// Checks the house rules (test/support/tidy) over the whole tree: import zones, where SQL and statuses may stand, and more.
// Prints `file:line  rule  what is wrong` per violation and exits 1, or says how many files are in order.

import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const load = async (path) => (await runnerImport(path, { root, logLevel: 'error' })).module;
const { readTree } = await load('./test/support/tidy/tree.ts');
const { findViolations } = await load('./test/support/tidy/rules.ts');

const files = readTree(root);
const violations = findViolations(files);
for (const { path, line, rule, message } of violations) console.error(`${path}:${line}  ${rule}  ${message}`);
if (violations.length > 0) {
  console.error(`\n${violations.length} violations of the house rules`);
  process.exit(1);
}
console.log(`${files.length} files follow the house rules`);
