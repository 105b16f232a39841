// Checks the house rules (test/support/tidy): import zones, the places of SQL and statuses, retired words, and more.
// Prints `file:line  rule  message` for each violation and exits with 1.

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
