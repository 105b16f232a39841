// What PostgreSQL can hold: text without NUL bytes or halves of surrogate pairs, and JSON made of such text.
// Promises the exact path of whatever it cannot hold, so that it is refused at the edge and not at an insert.

/** Why a text cannot be stored, or null. */
export function textProblem(text: string): string | null {
  if (text.includes('\0')) return 'must not contain a NUL byte';
  // With the `u` flag a whole pair is one character: this finds only halves.
  if (/\p{Surrogate}/u.test(text)) return 'must not contain half of a surrogate pair';
  return null;
}

export interface JsonProblem {
  /** Keys and array positions, from the value looked at. */
  path: (string | number)[];
  message: string;
}

/** Deeper nesting is refused: parsers and pages recurse into it. */
export const MAX_JSON_DEPTH = 32;

/** Everything in `value` that is not JSON which PostgreSQL can hold. Ends on cycles, too: they are too deep. */
export function jsonProblems(value: unknown, path: (string | number)[] = []): JsonProblem[] {
  const problem = (message: string): JsonProblem[] => [{ path, message }];
  if (value === null || typeof value === 'boolean') return [];
  if (typeof value === 'string') {
    const message = textProblem(value);
    return message ? problem(message) : [];
  }
  if (typeof value === 'number') return Number.isFinite(value) ? [] : problem('must be a finite number');
  if (typeof value !== 'object') return problem('must be a JSON value');
  if (path.length >= MAX_JSON_DEPTH) return problem(`must not be nested deeper than ${MAX_JSON_DEPTH} levels`);
  if (Array.isArray(value)) return value.flatMap((item, at) => jsonProblems(item, [...path, at]));
  if (!isPlainObject(value)) return problem('must be a JSON value');
  return Object.entries(value).flatMap(([key, item]) => {
    const message = textProblem(key);
    return message ? [{ path: [...path, key], message: `its name ${message}` }] : jsonProblems(item, [...path, key]);
  });
}

/** An object made by `{}` or JSON.parse, not an instance of a class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (value === null || typeof value !== 'object') return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
