// The options that several verbs share: each also has a name in the environment, and a value out of range is a usage error.
// An option given on the command line wins over the environment, the environment over the default.

import { isIP } from 'node:net';
import { InvalidArgumentError, Option } from 'commander';

export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isInteger(value) || value < min || value > max) {
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    }
    return value;
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

function postgresUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['postgres:', 'postgresql:'].includes(url.protocol)) {
    // The text may hold a password: it is not repeated.
    throw new InvalidArgumentError('It must look like postgres://user:password@host:5432/database.');
  }
  return text;
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

export const postgresPortOption = () =>
  new Option('--postgres-port <number>', 'port of the embedded PostgreSQL (default: that of the last start)')
    .env('FAULTLINE_POSTGRES_PORT')
    .argParser(port);

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
