// JSON as somebody types it: what is wrong with it, and where. Pure.

/** Why a text is no JSON, with its line and column; null where it is. */
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

/** The same, for a text that must be an object. */
export function jsonObjectError(text: string): string | null {
  const error = jsonError(text);
  if (error) return error;
  const value: unknown = JSON.parse(text);
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? null : 'must be a JSON object, such as {"account": 7}';
}

/** Engines tell it apart: V8 by offset, others by line and column; a text that merely stops, by its end; of a short one V8 tells but the token. */
function positionOf(message: string, text: string): { line: number; column: number } | null {
  const named = /line (\d+) column (\d+)/.exec(message);
  if (named) return { line: Number(named[1]), column: Number(named[2]) };
  const offset = /position (\d+)/.exec(message);
  if (offset) return lineAndColumn(text, Number(offset[1]));
  return /end of/i.test(message) ? lineAndColumn(text, text.length) : null;
}

function lineAndColumn(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
