// npm start: builds what is missing or stale, then is the supervisor itself, so that a signal to npm reaches it.
// Usage: npm start -- [options of faultline start].

import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';

try {
  await build();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
const main = new URL('../dist/src/cli/main.js', import.meta.url);
process.argv.splice(1, 1, fileURLToPath(main), 'start');
await import(main.href);
