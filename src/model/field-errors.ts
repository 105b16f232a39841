// What is wrong with a value, field by field, in one wording wherever it is checked: at the edge, at a launch, in a process.
// Pure; knows of the schema library only the shape of what it complains of.

import type { FieldError } from './errors.ts';
import { jsonProblems } from './storable.ts';

/** One mistake, as zod tells it. */
export interface Issue {
  code?: string;
  path: readonly PropertyKey[];
  message: string;
  keys?: readonly string[];
  /** What stood at the path; there because of PARSE. */
  input?: unknown;
}

/** How to parse what fieldErrors is to explain. */
export const PARSE = { reportInput: true };

/** Every invalid field; an unknown one by its own name. `prefix` is where the checked value stands in the request. */
export function fieldErrors(issues: readonly Issue[], prefix: readonly PropertyKey[] = []): FieldError[] {
  return issues.flatMap((issue) => {
    const path = [...prefix, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      return (issue.keys ?? []).map((key) => ({
        path: dotted([...path, key]),
        code: 'unknown_field',
        message: 'is not a known field',
      }));
    }
    const missing = 'input' in issue && issue.input === undefined;
    const code = missing ? 'required' : (issue.code ?? 'invalid');
    return [{ path: dotted(path), code, message: missing ? 'is required' : issue.message }];
  });
}

/** `behavior.render.fail_permanent_pct`; the request itself is called `body`. */
export function dotted(path: readonly PropertyKey[]): string {
  return path.length === 0 ? 'body' : path.map(String).join('.').slice(0, 500);
}

/** What of `value` cannot be kept as it is; it stands at `path`. */
export function findJsonErrors(path: string, value: unknown, isKnown?: (value: object) => boolean): FieldError[] {
  return jsonProblems(value, isKnown).map((problem) => ({
    path: dotted([path, ...problem.path]),
    code: 'not_storable',
    message: problem.message,
  }));
}

/** `charge_id is required; total must be a whole number from 1 to 5`, and how many more. */
export function inWords(errors: readonly FieldError[]): string {
  const told = errors.slice(0, 5).map(({ path, message }) => `${path} ${message}`);
  return told.join('; ') + (errors.length > told.length ? `; and ${errors.length - told.length} more` : '');
}
