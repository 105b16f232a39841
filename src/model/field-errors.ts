// The invalid fields of a value, in one wording wherever it is validated: at the edge, at a launch, in a process.

import type { FieldError } from './errors.ts';
import { jsonProblems } from './storable.ts';

/** One issue of zod. */
export interface Issue {
  code?: string;
  path: readonly PropertyKey[];
  message: string;
  keys?: readonly string[];
  /** The value at the path; present because of PARSE. */
  input?: unknown;
}

/** Parse options that `fieldErrors` relies on. */
export const PARSE = { reportInput: true };

/** Every invalid field; an unknown one by its own name. `prefix` is the path of the validated value in the request. */
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

/** What in `value` cannot be stored unchanged; `prefix` is the path of the value. */
export function findJsonErrors(
  prefix: readonly PropertyKey[],
  value: unknown,
  isKnown?: (value: object) => boolean,
): FieldError[] {
  return jsonProblems(value, isKnown).map((problem) => ({
    path: dotted([...prefix, ...problem.path]),
    code: 'not_storable',
    message: problem.message,
  }));
}

/** `charge_id is required; total must be a whole number from 1 to 5`, and how many more. */
export function listErrors(errors: readonly FieldError[]): string {
  const listed = errors.slice(0, 5).map(({ path, message }) => `${path} ${message}`);
  return listed.join('; ') + (errors.length > listed.length ? `; and ${errors.length - listed.length} more` : '');
}
