// JSON typed into a form: what is wrong with it and where, and documents without empty entries. Pure.

/** Why a text is not JSON, with line and column; null when it is. */
export function jsonError(text: string): string | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const at = positionOf(message, text);
    if (at !== null) return `is not JSON: see line ${at.line}, column ${at.column}`;
    const token = /unexpected token '?(.)/i.exec(message)?.[1];
    return token === undefined ? 'is not JSON' : `is not JSON: unexpected ${token}`;
  }
}

export function jsonObjectError(text: string): string | null {
  return jsonError(text) ?? (isJsonObject(text) ? null : 'must be a JSON object, such as {"account": 7}');
}

export function isJsonObject(text: string): boolean {
  return jsonError(text) === null && isObject(JSON.parse(text));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A document as text to edit; empty when there is nothing in it. */
export function documentText(value: unknown): string {
  return isObject(value) && Object.keys(value).length > 0 ? JSON.stringify(value, null, 2) : '';
}

/** Engines report a position as an offset, as line and column, or not at all. */
function positionOf(message: string, text: string): { line: number; column: number } | null {
  const named = /line (\d+) column (\d+)/.exec(message);
  if (named) return { line: Number(named[1]), column: Number(named[2]) };
  const offset = /position (\d+)/.exec(message)?.[1] ?? (/end of/i.test(message) ? text.length : null);
  if (offset === null) return null;
  const before = text.slice(0, Number(offset)).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

type Empty = null | undefined | false | '';

/** The entries with a value: without null, undefined, false and empty text. */
export function compact<Values extends object>(values: Values) {
  const entries = Object.entries(values).filter(
    ([, value]) => !([null, undefined, false, ''] as unknown[]).includes(value),
  );
  return Object.fromEntries(entries) as { [Key in keyof Values]?: Exclude<Values[Key], Empty> };
}
