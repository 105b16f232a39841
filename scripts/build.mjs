// Builds what is missing or older than its sources: the server (tsc to dist) and the page (vite to dist/ui).
// Usage: node scripts/build.mjs [--force] [server] [ui]. With nothing to build it only reads the sources: a few ms.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');

const TARGETS = {
  server: {
    what: 'server and command line',
    sources: ['src', 'reporting', 'package.json', 'tsconfig.base.json', 'tsconfig.build.json'],
    command: () => {
      // With it tsc would believe that deleted outputs are still there; a full build takes half a second.
      rmSync(join(dist, '.tsbuildinfo'), { force: true });
      return [binary('typescript', 'tsc'), '-p', 'tsconfig.build.json'];
    },
    made: 'src/cli/main.js',
    after: removeOrphans,
  },
  ui: {
    what: 'page',
    // The page also imports types and limits of the server.
    sources: ['ui', 'src/http/contract.ts', 'src/model', 'src/chaos', 'package.json', 'package-lock.json'],
    command: () => [binary('vite', 'vite'), 'build', 'ui', '--logLevel', 'warn'],
    made: 'ui/index.html',
    after: () => {},
  },
};

/** Builds the named targets (default: all); with `force` also fresh ones. Throws when a build fails. */
export async function build({ targets = Object.keys(TARGETS), force = false } = {}) {
  mkdirSync(dist, { recursive: true });
  const unlock = await lock(join(dist, '.building'));
  try {
    for (const name of targets) await buildTarget(name, force);
  } finally {
    unlock();
  }
}

async function buildTarget(name, force) {
  const target = TARGETS[name];
  const stamp = join(dist, `.${name}.stamp`);
  const state = fingerprint(target.sources);
  const built = existsSync(stamp) && existsSync(join(dist, target.made)) ? readFileSync(stamp, 'utf8') : '';
  if (built === state && !force) return;
  const why = force ? 'asked for' : built ? 'sources changed' : 'not built yet';
  console.log(`Building the ${target.what} (${why}) ...`);
  const beganMs = performance.now();
  rmSync(stamp, { force: true });
  await run(target.command());
  target.after();
  writeFileSync(stamp, state);
  console.log(`Built the ${target.what} in ${((performance.now() - beganMs) / 1000).toFixed(1)} s.`);
}

/** A hash of names and contents; file times change with every checkout. */
function fingerprint(sources) {
  const hash = createHash('sha256').update(process.version.split('.')[0]);
  for (const file of sources.flatMap((source) => filesOf(join(root, source)))) {
    hash.update(`\0${relative(root, file)}\0`).update(readFileSync(file));
  }
  return hash.digest('hex');
}

function filesOf(path) {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats?.isDirectory()) return stats ? [path] : [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.name !== 'node_modules' && !entry.name.startsWith('.'))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? filesOf(join(path, entry.name)) : [join(path, entry.name)]));
}

/** tsc does not delete the outputs of a deleted source. */
function removeOrphans() {
  for (const folder of ['src', 'reporting']) {
    for (const file of filesOf(join(dist, folder))) {
      const source = join(root, relative(dist, file)).replace(/(\.d\.ts|\.js)(\.map)?$/, '');
      if (!existsSync(`${source}.ts`) && !existsSync(`${source}.tsx`) && !existsSync(source)) rmSync(file);
    }
  }
}

function binary(packageName, command) {
  const require = createRequire(import.meta.url);
  let manifest;
  try {
    manifest = require.resolve(`${packageName}/package.json`);
  } catch {
    throw new Error(`Building needs ${packageName}, a development dependency: run npm ci (without --omit=dev).`);
  }
  const { bin } = require(manifest);
  return resolve(dirname(manifest), typeof bin === 'string' ? bin : bin[command]);
}

function run(args) {
  return new Promise((done, fail) => {
    // A test runner sets NODE_ENV=test, with which the page would contain the slow, larger builds of its libraries.
    const env = { ...process.env, NODE_ENV: 'production' };
    const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit', env });
    child.once('error', fail);
    child.once('exit', (code, signal) =>
      code === 0 ? done() : fail(new Error(`The build failed (${signal ?? code}).`)),
    );
  });
}

/** One build at a time: several test files and a start may find the same target stale. Returns the unlock function. */
async function lock(path) {
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (isAbandoned(path)) rmSync(path, { force: true });
    else await pause(50);
  }
}

/** The build that held the lock was killed; an empty lock was left before the pid was written. */
function isAbandoned(path) {
  const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? {};
  if (mtimeMs === undefined) return false;
  const holder = Number(readFileSync(path, 'utf8'));
  return holder ? !isAlive(holder) : Date.now() - mtimeMs > 5_000;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const args = process.argv.slice(2);
  const targets = args.filter((arg) => arg in TARGETS);
  const unknown = args.filter((arg) => arg !== '--force' && !(arg in TARGETS));
  if (unknown.length > 0) {
    console.error(`Unknown: ${unknown.join(' ')}. Usage: node scripts/build.mjs [--force] [server] [ui]`);
    process.exit(2);
  }
  await build({ targets: targets.length > 0 ? targets : undefined, force: args.includes('--force') }).catch((error) => {
    console.error(error.message);
    process.exit(1);
  });
}
