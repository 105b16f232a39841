// Values for jsonb columns. A value that JSON cannot represent (a cycle, a bigint, a throwing toJSON) causes a
// NotStorableError.

export class NotStorableError extends Error {
  constructor(cause: unknown) {
    super(`cannot be written as JSON: ${cause instanceof Error ? cause.message : cause}`, { cause });
    this.name = new.target.name;
  }
}

/** In bytes, as JSON. Store a larger result elsewhere, and put its address into the result. */
export const MAX_RESULT_BYTES = 1_048_576;

export class TooLargeError extends NotStorableError {
  constructor(bytes: number) {
    super(`${bytes} bytes`);
    this.message = `is ${bytes} bytes as JSON; ${MAX_RESULT_BYTES} are the most`;
  }
}

/** The JSON of a result. @throws NotStorableError, TooLargeError */
export function resultJson(value: unknown): string | null {
  const json = toJson(value);
  // A character takes at most three bytes, so most results need no measuring.
  if (json === null || json.length * 3 <= MAX_RESULT_BYTES) return json;
  const bytes = Buffer.byteLength(json);
  if (bytes > MAX_RESULT_BYTES) throw new TooLargeError(bytes);
  return json;
}

/** The JSON of a value; null for one that JSON omits (undefined, a function). @throws NotStorableError */
export function toJson(value: unknown): string | null {
  try {
    return JSON.stringify(value) ?? null;
  } catch (cause) {
    throw new NotStorableError(cause);
  }
}

/**
 * A storable value as a jsonb column returns it: without what JSON omits. Most values are equal to that and returned as
 * they are.
 */
export function asStored(value: unknown): unknown {
  if (isAsStored(value, MAX_DEPTH)) return value;
  const json = toJson(value);
  return json === null ? null : JSON.parse(json);
}

/** Deeper values go through JSON, which does not recurse on the stack. */
const MAX_DEPTH = 50;

function isAsStored(value: unknown, levels: number): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true;
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  if (levels === 0 || typeof value !== 'object' || 'toJSON' in value) return false;
  if (Array.isArray(value)) return value.every((item) => isAsStored(item, levels - 1));
  const prototype = Object.getPrototypeOf(value);
  const plain = prototype === Object.prototype || prototype === null;
  return plain && Object.values(value).every((item) => isAsStored(item, levels - 1));
}
