// Options of the form `name=value`, as often as needed: `--set output_type=csv`, `--chaos query.fail_transient_pct=5`.
// A value that is JSON is taken as such, any other as text; a name with dots reaches into the document.

import { InvalidArgumentError } from 'commander';
import { parseJsonOption } from './json-text.ts';

export type Document = { [name: string]: unknown };

/** For `Option.argParser`: adds one assignment to the document of those before it. */
export function assign(text: string, before: Document = {}): Document {
  const at = text.indexOf('=');
  const path = text.slice(0, at).split('.');
  if (at < 1 || path.some((name) => !/^[\w-]+(#\d+)?$/.test(name))) {
    throw new InvalidArgumentError('It must look like name=value.');
  }
  return setIn(before, path, parseValue(text.slice(at + 1)));
}

function setIn(document: Document, [name = '', ...rest]: string[], value: unknown): Document {
  if (rest.length === 0) return { ...document, [name]: value };
  const inner = document[name];
  return { ...document, [name]: setIn(isDocument(inner) ? inner : {}, rest, value) };
}

function parseValue(text: string): unknown {
  try {
    return parseJsonOption(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

export function isDocument(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
