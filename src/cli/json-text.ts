// JSON that is given on the command line or in a file: kept as it is written, or refused like a body of the API.
// Promises that no number is rounded and no key dropped on its way to the server.

import { InvalidArgumentError } from 'commander';
import { listErrors } from '../model/field-errors.ts';
import { findJsonTextErrors } from '../model/json-text.ts';
import { CliError, EXIT } from '../supervisor/exit.ts';

/** Of a file. @throws SyntaxError when it is no JSON; CliError naming what would not be kept */
export function parseJsonFile(path: string, text: string): unknown {
  const value: unknown = JSON.parse(text);
  const lost = findLost(text);
  if (lost !== null) throw new CliError(`${path} cannot be kept as it is written: ${lost}.`, EXIT.usage);
  return value;
}

/** Of an option. @throws SyntaxError when it is no JSON; InvalidArgumentError naming what would not be kept */
export function parseJsonOption(text: string): unknown {
  const value: unknown = JSON.parse(text);
  const lost = findLost(text);
  if (lost !== null) throw new InvalidArgumentError(`It cannot be kept as it is written: ${lost}. Text needs quotes.`);
  return value;
}

function findLost(text: string): string | null {
  const errors = findJsonTextErrors(text);
  return errors.length === 0
    ? null
    : listErrors(errors.map((error) => (error.path === 'body' ? { ...error, path: 'it' } : error)));
}
