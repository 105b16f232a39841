// Compares values as JSON: parts that JSON omits do not count, and other types count as JSON writes them. Pure.

import { isDeepStrictEqual } from 'node:util';

/**
 * @param made may hold values that JSON omits (undefined) or converts (dates)
 * @param read came from JSON
 */
export function sameJson(made: unknown, read: unknown): boolean {
  try {
    return isDeepStrictEqual(made, read) || isDeepStrictEqual(throughJson(made), read);
  } catch {
    // Nested too deeply, or with fields that throw.
    return false;
  }
}

/** Returns undefined for a value that JSON cannot represent. */
export function throughJson(made: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(made) ?? 'null');
  } catch {
    return undefined;
  }
}
