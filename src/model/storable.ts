// What PostgreSQL can store: text without NUL bytes or unpaired surrogates, and JSON made of such text.
// Reports the exact path of everything that would be lost or changed, so that it is rejected at the edge.

/** The reason why a text cannot be stored, or null. */
export function textProblem(text: string): string | null {
  if (text.includes('\0')) return 'must not contain a NUL byte';
  if (!text.isWellFormed()) return 'must not contain half of a surrogate pair';
  return null;
}

export interface JsonProblem {
  /** Keys and array positions. */
  path: (string | number)[];
  message: string;
}

/** Deeper nesting is rejected: parsers and pages recurse into it. */
export const MAX_JSON_DEPTH = 32;
const MAX_PROBLEMS = 100;

/**
 * Everything in `value` that JSON and PostgreSQL would not return unchanged; an undefined field counts as absent.
 * Cycles are too deep.
 * `isKnown` may accept objects that are not JSON.
 */
export function jsonProblems(value: unknown, isKnown: (value: object) => boolean = () => false): JsonProblem[] {
  const problems: JsonProblem[] = [];
  // Shared by the whole walk and copied only for a problem: a document may have a million values.
  const path: (string | number)[] = [];
  const refuse = (message: string | null) => {
    if (message !== null) problems.push({ path: [...path], message });
  };
  const look = (at: unknown): void => {
    if (at === null || typeof at === 'boolean' || problems.length >= MAX_PROBLEMS) return;
    if (typeof at === 'string') refuse(textProblem(at));
    else if (typeof at === 'number') refuse(numberProblem(at));
    else if (typeof at !== 'object') refuse('must be a JSON value');
    else if (path.length >= MAX_JSON_DEPTH) refuse(`must not be nested deeper than ${MAX_JSON_DEPTH} levels`);
    else if (Array.isArray(at)) {
      // By position: iteration would pass over holes, which become null.
      for (let index = 0; index < at.length; index++) lookAt(index, at[index]);
    } else if (isPlainObject(at)) {
      for (const key of Object.keys(at)) {
        const item = at[key];
        if (item !== undefined) lookAt(key, item);
      }
    } else if (!isKnown(at)) refuse('must be a JSON value');
  };
  const lookAt = (key: string | number, item: unknown): void => {
    path.push(key);
    const message = typeof key === 'string' ? textProblem(key) : null;
    if (message === null) look(item);
    else refuse(`its name ${message}`);
    path.pop();
  };
  look(value);
  return problems;
}

function numberProblem(value: number): string | null {
  if (!Number.isFinite(value)) return 'must be a finite number';
  return Object.is(value, -0) ? 'must not be -0, which JSON turns into 0' : null;
}

/** An object made by `{}` or JSON.parse, not an instance of a class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (value === null || typeof value !== 'object') return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
