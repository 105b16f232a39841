// JSON given on the command line or in a file, and documents assembled from `name=value` options.
// JSON that would change on its way to the server (a rounded number, a repeated key) is refused, as the API refuses it.

import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import { listErrors } from '../model/field-errors.ts';
import { findJsonTextErrors } from '../model/json-text.ts';
import { CliError, EXIT } from '../supervisor/exit.ts';

export type Document = { [name: string]: unknown };

export function isDocument(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Adds `name=value` to a document; a name with dots reaches into it. The value is JSON, or else text. */
export function assign(text: string, before: Document = {}): Document {
  const at = text.indexOf('=');
  const path = text.slice(0, at).split('.');
  if (at < 1 || path.some((name) => !/^[\w-]+(#\d+)?$/.test(name))) {
    throw new InvalidArgumentError('It must look like name=value.');
  }
  const value = text.slice(at + 1);
  return setIn(
    before,
    path,
    parseOption(value, () => value),
  );
}

function setIn(document: Document, [name = '', ...rest]: string[], value: unknown): Document {
  if (rest.length === 0) return { ...document, [name]: value };
  const inner = document[name];
  return { ...document, [name]: setIn(isDocument(inner) ? inner : {}, rest, value) };
}

/** Any JSON value. */
export function jsonValue(text: string): unknown {
  return parseOption(text, () => {
    throw new InvalidArgumentError('It must be JSON; text needs quotes of its own.');
  });
}

/** A JSON object, or `@` and the path of a file that holds one. */
export function jsonOrFile(text: string): Document {
  const value = parseOption(text.startsWith('@') ? readText(text.slice(1)) : text, () => undefined);
  if (isDocument(value)) return value;
  throw new InvalidArgumentError('It must be a JSON object, or @file with one.');
}

function parseOption(text: string, otherwise: () => unknown): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return otherwise();
    throw new InvalidArgumentError(`It ${(error as Error).message} Text needs quotes.`);
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new InvalidArgumentError(`${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}

/** The JSON value of a file. */
export function readJsonFile(path: string): unknown {
  try {
    return parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why =
      error instanceof RangeError ? `${path} ${message}` : `${path} cannot be read (${code ?? 'it is not JSON'}).`;
    throw new CliError(why, EXIT.usage, error);
  }
}

/** @throws SyntaxError for text that is not JSON, RangeError for JSON that would not be kept. */
function parse(text: string): unknown {
  const value: unknown = JSON.parse(text);
  const errors = findJsonTextErrors(text).map(({ path, ...error }) => ({
    ...error,
    path: path === 'body' ? 'it' : path,
  }));
  if (errors.length > 0) throw new RangeError(`cannot be kept as it is written: ${listErrors(errors)}.`);
  return value;
}
