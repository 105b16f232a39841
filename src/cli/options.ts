// The options that several verbs share. Each can be set in the environment, and a value out of range is a usage error.
// The command line overrides the environment, and the environment overrides the default.

import { isIP } from 'node:net';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Range } from '../model/limits.ts';
import { CliError, EXIT } from '../supervisor/exit.ts';

/** The options of a verb that works on a database with an application. */
export interface ServiceFlags {
  databaseUrl?: string;
  dataDir: string;
  app?: string;
}

/** Adds `--database-url`, `--data-dir` and `--app`. */
export function withServiceOptions(command: Command): Command {
  return command.addOption(databaseUrlOption()).addOption(dataDirOption()).addOption(appOption());
}

/** A whole number within a range. */
export function within({ min, max }: Range): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isInteger(value) || value < min || value > max) {
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}

const UNITS_MS = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** `90m`, `12h`, `30d`, `2w` -> ms; the bounds are such texts. */
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

/** Some of the known words, separated by commas. */
export function someOf<W extends string>(known: readonly W[]): (text: string) => W[] {
  return (text) => {
    const words = text.split(',').map((word) => word.trim().toLowerCase() as W);
    if (words.every((word) => known.includes(word))) return [...new Set(words)];
    throw new InvalidArgumentError(`It must be some of ${known.join(', ')}, separated by commas.`);
  };
}

/** There is no authentication: any other address would let the network in. */
function loopbackHost(text: string): string {
  if (text === 'localhost' || text === '::1' || (isIP(text) === 4 && text.startsWith('127.'))) return text;
  throw new InvalidArgumentError(
    'Faultline has no authentication, so it listens on loopback only (127.0.0.1, ::1, localhost). ' +
      'Put a proxy that authenticates before it, or reach it through an SSH tunnel.',
  );
}

/** Commander repeats the value of an InvalidArgumentError, and this one may hold a password: hence a CliError. */
function postgresUrl(text: string): string {
  if (isPostgresUrl(text)) return text;
  throw new CliError(
    '--database-url (or DATABASE_URL) must look like postgres://user:password@host:5432/database, ' +
      'each / ? # @ : % of the password percent-encoded (%2F %3F %23 %40 %3A %25).',
    EXIT.usage,
  );
}

/** False also for a URL that parses only because a part of its password passes for a port, a path or a query. */
function isPostgresUrl(text: string): boolean {
  try {
    const { protocol, username, password, hash, pathname, search } = new URL(text);
    for (const part of [username, password, pathname]) decodeURIComponent(part);
    const torn = hash !== '' || pathname.includes('@') || (pathname === '' && username === '' && search.includes('@'));
    return ['postgres:', 'postgresql:'].includes(protocol) && !/\s/.test(text) && !torn;
  } catch {
    return false;
  }
}

export const port = within({ min: 1, max: 65_535 });

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

export const appOption = () =>
  new Option(
    '--app <module>',
    'the application module: its path, or the name of a package (default: the bundled one)',
  ).env('FAULTLINE_APP');

export const urlOption = () =>
  new Option('--url <url>', 'the server to talk to').env('FAULTLINE_URL').default('http://127.0.0.1:4400');

export const jsonOption = () => new Option('--json', 'print JSON for scripts').default(false);

export const reasonOption = () => new Option('--reason <text>', 'why, for the audit');

export const actorOption = () => new Option('--actor <name>', 'who, for the audit (default: local)');
