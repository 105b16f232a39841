// The one gate: format, lint, house rules, types, unused code and the schema snapshot. npm run check [-- <step> ...]
// Runs every step even after a failure; exits with 1 when any failed.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The script behind a package's command: needs no shell and no PATH. */
function binary(name, command = name) {
  const folder = join(root, 'node_modules', name);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : bin[command]);
}

const typecheck = (project) => [binary('typescript', 'tsc'), '--noEmit', '-p', project];

const steps = {
  format_and_lint: [binary('@biomejs/biome', 'biome'), 'check', '--error-on-warnings', '--max-diagnostics=200'],
  house_rules: ['scripts/check-tidy.mjs'],
  types: typecheck('tsconfig.json'),
  types_ui: existsSync(join(root, 'ui/tsconfig.json')) ? typecheck('ui/tsconfig.json') : undefined,
  unused_code: [binary('knip'), '--no-progress'],
  schema: ['scripts/schema-snapshot.mjs'],
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in steps));
if (unknown.length > 0) {
  console.error(`No step ${unknown.join(', ')}; there are ${Object.keys(steps).join(', ')}`);
  process.exit(2);
}

const failed = [];
for (const [name, args] of Object.entries(steps)) {
  if (!args || (wanted.length > 0 && !wanted.includes(name))) continue;
  const startedMs = performance.now();
  console.log(`\n== ${name}`);
  const { status, error } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (error) console.error(error.message);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(`== ${name}: ${status === 0 ? 'ok' : 'FAILED'} (${seconds} s)`);
  if (status !== 0) failed.push(name);
}

if (failed.length > 0) {
  console.error(`\ncheck failed: ${failed.join(', ')}`);
  process.exit(1);
}
console.log('\ncheck passed');
