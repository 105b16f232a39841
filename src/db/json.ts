// Documents on their way into jsonb columns.
// Promises to tell a value that cannot be written as JSON (a circle, a bigint, a toJSON that throws) from a failing database.

export class NotStorableError extends Error {
  constructor(cause: unknown) {
    super(`cannot be written as JSON: ${cause instanceof Error ? cause.message : cause}`, { cause });
    this.name = new.target.name;
  }
}

/** The JSON of a value; null where JSON has no word for it (undefined, a function). @throws NotStorableError */
export function toJson(value: unknown): string | null {
  try {
    return JSON.stringify(value) ?? null;
  } catch (cause) {
    throw new NotStorableError(cause);
  }
}
