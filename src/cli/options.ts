// The options that several verbs share: each also has a name in the environment, and a value out of range is a usage error.
// An option given on the command line wins over the environment, the environment over the default.

import { isIP } from 'node:net';
import { InvalidArgumentError, Option } from 'commander';
import type { Range } from '../model/limits.ts';
import { CliError, EXIT } from '../supervisor/exit.ts';

/** A whole number within a range of model/limits.ts. */
export const within = ({ min, max }: Range) => wholeNumber(min, max);

export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isInteger(value) || value < min || value > max) {
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}

const UNITS_MS = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** `90m`, `12h`, `30d`, `2w` -> ms, within bounds that are given as such texts. */
export function duration(min: string, max: string): (text: string) => number {
  const [min_ms, max_ms] = [durationMs(min), durationMs(max)];
  return (text) => {
    const ms = durationMs(text);
    if (!(ms >= min_ms && ms <= max_ms)) {
      throw new InvalidArgumentError(`It must be a duration from ${min} to ${max}, such as 90m, 12h, 30d or 2w.`);
    }
    return ms;
  };
}

function durationMs(text: string): number {
  const [, count, unit] = /^(\d{1,9})([mhdw])$/.exec(text) ?? [];
  return unit === undefined ? Number.NaN : Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS];
}

/** Some of these words, by comma. */
export function wordsOf<W extends string>(known: readonly W[]): (text: string) => W[] {
  return (text) => {
    const words = text.split(',').map((word) => word.trim().toLowerCase() as W);
    const unknown = words.filter((word) => !known.includes(word));
    if (unknown.length > 0) throw new InvalidArgumentError(`It must be some of ${known.join(', ')}, by comma.`);
    return [...new Set(words)];
  };
}

/** There is no authentication yet: any other address would let the network in. */
function loopbackHost(text: string): string {
  const loopback = text === 'localhost' || text === '::1' || (isIP(text) === 4 && text.startsWith('127.'));
  if (!loopback) {
    throw new InvalidArgumentError(
      'Faultline has no authentication, so it listens on loopback only (127.0.0.1, ::1, localhost). ' +
        'Put a proxy that authenticates before it, or reach it through an SSH tunnel.',
    );
  }
  return text;
}

/** The text may hold a password, so it is not repeated: an InvalidArgumentError would be told with it. */
function postgresUrl(text: string): string {
  if (isPostgresUrl(text)) return text;
  throw new CliError(
    '--database-url (or DATABASE_URL) must look like postgres://user:password@host:5432/database, ' +
      'each / ? # @ : % of the password percent-encoded (%2F %3F %23 %40 %3A %25).',
    EXIT.usage,
  );
}

/** False also where the address is one, but only because part of a password passes for a port, a path or a query. */
function isPostgresUrl(text: string): boolean {
  try {
    const { protocol, username, password, hash, pathname, search } = new URL(text);
    for (const part of [username, password, pathname]) decodeURIComponent(part);
    const cut = hash !== '' || pathname.includes('@') || (pathname === '' && username === '' && search.includes('@'));
    return ['postgres:', 'postgresql:'].includes(protocol) && !/\s/.test(text) && !cut;
  } catch {
    return false;
  }
}

const port = wholeNumber(1, 65_535);

export const portOption = () =>
  new Option('--port <number>', 'port of the API and the page').env('FAULTLINE_PORT').default(4400).argParser(port);

export const hostOption = () =>
  new Option('--host <address>', 'address to listen on; loopback only')
    .env('FAULTLINE_HOST')
    .default('127.0.0.1')
    .argParser(loopbackHost);

export const dataDirOption = () =>
  new Option('--data-dir <folder>', 'where PostgreSQL, documents and logs are kept')
    .env('FAULTLINE_DATA_DIR')
    .default('.faultline');

export const databaseUrlOption = (description = 'PostgreSQL 15 or newer to use') =>
  new Option('--database-url <url>', description).env('DATABASE_URL').argParser(postgresUrl);

/** In the environment only a yes is one: `0` and nothing are none. */
function yesOrNo(text: string): boolean {
  if (/^(1|true|yes)$/i.test(text)) return true;
  if (/^(0|false|no|)$/i.test(text)) return false;
  throw new InvalidArgumentError('It must be yes or no.');
}

export const allowTurbulenceOption = () =>
  new Option(
    '--allow-turbulence [yes]',
    'let batches kill workers, and end connections to the database of --database-url',
  )
    .env('FAULTLINE_ALLOW_TURBULENCE')
    .preset('yes')
    .default(false)
    .argParser(yesOrNo);

export const postgresPortOption = () =>
  new Option('--postgres-port <number>', 'port of the embedded PostgreSQL (default: that of the last start)')
    .env('FAULTLINE_POSTGRES_PORT')
    .argParser(port);

export const unresponsiveOption = () =>
  new Option('--unresponsive-ms <number>', 'the server or a worker that gives no sign of life for so long is replaced')
    .env('FAULTLINE_UNRESPONSIVE_MS')
    .default(10_000)
    // A sign is given each second: one that is late must not be taken for the last one.
    .argParser(wholeNumber(3_000, 3_600_000));

export const workersOption = () =>
  new Option('--workers <number>', 'worker processes')
    .env('FAULTLINE_WORKERS')
    .default(2)
    .argParser(wholeNumber(0, 64));

export const appOption = () =>
  new Option(
    '--app <module>',
    'the application module: its path, or the name of a package (default: the bundled one)',
  ).env('FAULTLINE_APP');

export const urlOption = () =>
  new Option('--url <url>', 'the server to talk to').env('FAULTLINE_URL').default('http://127.0.0.1:4400');

export const jsonOption = () => new Option('--json', 'print JSON for scripts').default(false);
