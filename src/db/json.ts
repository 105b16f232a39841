// Documents on their way into jsonb columns.
// Promises to tell a value that cannot be written as JSON (a circle, a bigint, a toJSON that throws) from a failing database.

export class NotStorableError extends Error {
  constructor(cause: unknown) {
    super(`cannot be written as JSON: ${cause instanceof Error ? cause.message : cause}`, { cause });
    this.name = new.target.name;
  }
}

/** A larger result belongs in a store of its own, with its address in the result. In bytes, as JSON. */
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
  // No character takes more than three bytes: most results need not be measured.
  if (json === null || json.length * 3 <= MAX_RESULT_BYTES) return json;
  const bytes = Buffer.byteLength(json);
  if (bytes > MAX_RESULT_BYTES) throw new TooLargeError(bytes);
  return json;
}

/** The JSON of a value; null where JSON has no word for it (undefined, a function). @throws NotStorableError */
export function toJson(value: unknown): string | null {
  try {
    return JSON.stringify(value) ?? null;
  } catch (cause) {
    throw new NotStorableError(cause);
  }
}

/**
 * The value as it comes back from a jsonb column: what JSON leaves out is gone, what it writes otherwise is so. Most values are what they
 * would become, and are given back. Only for what could be stored.
 */
export function asStored(value: unknown): unknown {
  if (isAsStored(value, DEEPEST)) return value;
  const json = toJson(value);
  return json === null ? null : JSON.parse(json);
}

/** What is deeper goes through JSON, which does not use the stack for it. */
const DEEPEST = 50;

function isAsStored(value: unknown, levels: number): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true;
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  if (levels === 0 || typeof value !== 'object' || 'toJSON' in value) return false;
  if (Array.isArray(value)) return value.every((item) => isAsStored(item, levels - 1));
  const prototype = Object.getPrototypeOf(value);
  const plain = prototype === Object.prototype || prototype === null;
  return plain && Object.values(value).every((item) => isAsStored(item, levels - 1));
}
