// A Chromium that needs no system package: unpacked from an npm package, once per version and user.
// Promises a browser that draws text, as root and as a plain user; CHROME_BIN names another one to use instead.

import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('../..', import.meta.url));

// The package's own list has --single-process, with which a second browser context crashes.
const ARGS = ['--no-sandbox', '--disable-dev-shm-usage'];

/** Starts the browser; the caller closes it. */
export async function launchChromium(): Promise<Browser> {
  const given = process.env.CHROME_BIN;
  if (given) return chromium.launch({ executablePath: given, args: ARGS });
  const folder = await unpackChromium();
  return chromium.launch({
    executablePath: join(folder, 'chromium'),
    args: ARGS,
    env: {
      ...definedOnly(process.env),
      HOME: folder,
      FONTCONFIG_PATH: join(folder, 'fonts'),
      LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'),
    },
  });
}

/** The folder of the unpacked browser; unpacks it (3 s, 206 MB) when this user has not got this version yet. */
async function unpackChromium(): Promise<string> {
  const name = `chromium-${packageVersion()}-${process.getuid?.() ?? 'user'}`;
  const parent = writableParent(name);
  const folder = join(parent, name);
  if (existsSync(folder)) return folder;

  // Unpacked beside its place and moved there in one step: no reader sees half of it, and the slower of two unpackers loses nothing.
  const staging = mkdtempSync(join(parent, `${name}.`));
  chmodSync(staging, 0o755);
  try {
    await unpackInto(staging);
    pointFontsAt(folder, staging);
    renameSync(staging, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return folder;
}

async function unpackInto(folder: string): Promise<void> {
  // In a process of its own, because the package unpacks to the system's temporary folder, and unpacks
  // the libraries it needs only where it believes to be on Lambda: both are settings of a whole process.
  const source = `
    const { default: chromium } = await import('@sparticuz/chromium');
    await chromium.executablePath();`;
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', source], {
    cwd: root,
    env: { ...process.env, TMPDIR: folder, AWS_LAMBDA_JS_RUNTIME: 'nodejs20.x' },
  });
}

/** Its fonts.conf names a folder under /tmp; where that is not so, every text is invisible. */
function pointFontsAt(folder: string, staging: string): void {
  const path = join(staging, 'fonts', 'fonts.conf');
  const conf = readFileSync(path, 'utf8');
  const pointed = conf
    .replace(/<dir>\/tmp\/fonts<\/dir>/, `<dir>${join(folder, 'fonts')}</dir>`)
    .replace(/<cachedir>\/tmp\/fonts-cache\/<\/cachedir>/, `<cachedir>${join(folder, 'fonts-cache')}</cachedir>`);
  if (!pointed.includes(`<dir>${folder}`))
    throw new Error(`The fonts.conf of @sparticuz/chromium has changed:\n${conf}`);
  writeFileSync(path, pointed);
}

function writableParent(name: string): string {
  const cache = join(root, 'node_modules', '.cache');
  if (existsSync(join(cache, name))) return cache;
  try {
    mkdirSync(cache, { recursive: true });
    rmSync(mkdtempSync(join(cache, '.probe-')), { recursive: true });
    return cache;
  } catch {
    // node_modules belongs to another user.
    const own = join(tmpdir(), `faultline-${process.getuid?.() ?? 'user'}`);
    mkdirSync(own, { recursive: true, mode: 0o700 });
    return own;
  }
}

function packageVersion(): string {
  const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  for (let folder = dirname(entry); folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, 'package.json');
    if (!existsSync(path)) continue;
    const { name, version } = JSON.parse(readFileSync(path, 'utf8')) as { name?: string; version?: string };
    if (name === '@sparticuz/chromium' && version) return version;
  }
  throw new Error('@sparticuz/chromium is not installed.');
}

function definedOnly(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
