// npm start: builds what is missing or stale, then becomes the supervisor.
// Usage: npm start -- [options of faultline start].

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';

try {
  await build();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
stopWithNpm();
const main = new URL('../dist/src/cli/main.js', import.meta.url);
process.argv.splice(1, 1, fileURLToPath(main), 'start');
await import(main.href);

/** npm runs this through a shell that does not pass signals on: stops when npm or the shell is gone. */
function stopWithNpm() {
  if (!process.env.npm_lifecycle_event) return;
  const through = /(^|\0)\S*sh\0-c\0/.test(proc(process.ppid, 'cmdline'));
  const above = () => `${process.ppid} ${through ? parentOf(process.ppid) : ''}`;
  const before = above();
  const timer = setInterval(() => {
    if (above() === before) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, 250);
  timer.unref();
}

function parentOf(pid) {
  // pid (name) state parent ...; the name may hold anything.
  return proc(pid, 'stat').replace(/^.*\)/s, '').trim().split(' ')[1];
}

function proc(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
