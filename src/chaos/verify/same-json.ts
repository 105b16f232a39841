// Whether two values are the same as JSON: what JSON leaves out does not count, and what it writes differently does.
// Pure; the quick way first, because a verdict asks this of every process.

import { isDeepStrictEqual } from 'node:util';

/** `read` came from JSON; `made` may hold what JSON would leave out (undefined) or write as something else (dates). */
export function sameJson(made: unknown, read: unknown): boolean {
  return sameAsIs(made, read) || isDeepStrictEqual(throughJson(made), read);
}

/** Undefined for what cannot be written. */
export function throughJson(made: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(made) ?? 'null');
  } catch {
    return undefined;
  }
}

function sameAsIs(made: unknown, read: unknown): boolean {
  if (made === read) return true;
  if (typeof made !== 'object' || typeof read !== 'object' || made === null || read === null) return false;
  if (Array.isArray(made))
    return Array.isArray(read) && made.length === read.length && made.every((item, at) => sameAsIs(item, read[at]));
  if (Array.isArray(read) || 'toJSON' in made) return false;
  let given = 0;
  for (const key of Object.keys(made)) {
    const value = (made as Record<string, unknown>)[key];
    if (value === undefined) continue;
    given++;
    if (!Object.hasOwn(read, key) || !sameAsIs(value, (read as Record<string, unknown>)[key])) return false;
  }
  return given === Object.keys(read).length;
}
