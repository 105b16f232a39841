// Turns an error into one line with the problem and its remedy, without control characters and passwords.

import { inspect } from 'node:util';
import { hidePasswords, reasonOf, showLines, showText } from '../model/error-text.ts';
import { FaultlineError } from '../model/errors.ts';
import { CliError } from '../supervisor/exit.ts';

/** By SQLSTATE. */
const DATABASE_ERRORS: Record<string, [what: string, cure: string]> = {
  '28P01': ['The database refuses the login', 'Check user and password of --database-url or DATABASE_URL.'],
  '28000': ['The database refuses the login', 'Check the user of --database-url, and what pg_hba.conf lets in.'],
  '3D000': ['There is no such database', 'Create it (createdb), or name another with --database-url.'],
  '42501': ['The role may not do this', 'Grant it CONNECT and CREATE on the database, or use its owner.'],
  '53100': ['The disk of the database is full', 'Make room there.'],
  '53300': ['The database has no connection left', 'Raise its max_connections, or close other programs.'],
  '25006': ['The database can only be read', 'Name the primary with --database-url.'],
};

const FILE_ERRORS: Record<string, string> = {
  EACCES: 'Let this account use it, or name another place (--data-dir).',
  EPERM: 'Let this account use it, or name another place (--data-dir).',
  EROFS: 'It can only be read: name another place (--data-dir).',
  ENOSPC: 'Make room there, or name another place (--data-dir).',
  EDQUOT: 'Make room there, or name another place (--data-dir).',
  EEXIST: 'It is a file: name another place (--data-dir).',
  ENOTDIR: 'Part of it is a file: name another place (--data-dir).',
  EISDIR: 'It is a folder: name a file.',
  ENOENT: 'Make it, or name another place.',
  ELOOP: 'Its links go in a circle: name another place (--data-dir).',
  ENAMETOOLONG: 'Name a shorter one (--data-dir).',
  EMFILE: 'Let this account open more files (ulimit -n).',
};

const NO_CERTIFICATE =
  'Give the CA that signed it (sslrootcert=<file> in the address); sslmode=no-verify connects without knowing to whom.';

export function explain(error: unknown): string {
  return showText(hidePasswords(describe(error)));
}

function describe(error: unknown): string {
  if (error instanceof CliError || error instanceof FaultlineError) return error.message;
  const { code = '', message = '', syscall, path, port } = (error ?? {}) as NodeJS.ErrnoException & { port?: number };
  const known = DATABASE_ERRORS[code];
  if (known !== undefined) return `${known[0]}: ${message}. ${known[1]}`;
  if (syscall === 'listen')
    return `Port ${port} cannot be listened on (${code}). Choose another with --port or --host.`;
  if (path !== undefined && FILE_ERRORS[code] !== undefined)
    return `${path} cannot be used (${code}). ${FILE_ERRORS[code]}`;
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code)) {
    return `The database's certificate is not trusted (${code}). ${NO_CERTIFICATE}`;
  }
  if (/does not support SSL/.test(message)) return `${message}. Take sslmode out of the address, or set up TLS there.`;
  return `${reasonOf(error)} (FAULTLINE_LOG_LEVEL=debug tells where)`;
}

/** Writes the error to stderr. The last line is the reason; with FAULTLINE_LOG_LEVEL=debug the stack precedes it. */
export function reportError(error: unknown): void {
  if (/^(debug|trace)$/.test(process.env.FAULTLINE_LOG_LEVEL ?? '')) {
    process.stderr.write(`${showLines(hidePasswords(inspect(error)))}\n`);
  }
  process.stderr.write(`${explain(error)}\n`);
}

/** Writes a message of the option parser, without the value of an unknown option. */
export function reportUsage(text: string): void {
  const named = text.replace(/(unknown option '[^'=]*)=[\s\S]*'/, "$1'");
  process.stderr.write(showLines(hidePasswords(named)));
}
