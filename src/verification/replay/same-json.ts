// Comparing values as JSON: what JSON leaves out does not count, and what it writes differently does. Pure.

import { isDeepStrictEqual } from 'node:util';

/** @param made may hold what JSON leaves out (undefined) or writes as something else (dates) @param read came from JSON */
export function sameJson(made: unknown, read: unknown): boolean {
  try {
    return isDeepStrictEqual(made, read) || isDeepStrictEqual(throughJson(made), read);
  } catch {
    // Nested too deeply, or with fields that throw.
    return false;
  }
}

/** Undefined for what cannot be written. */
export function throughJson(made: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(made) ?? 'null');
  } catch {
    return undefined;
  }
}
