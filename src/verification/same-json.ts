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

/** Pair by pair rather than by calling itself: a document may have thousands of levels. */
function sameAsIs(made: unknown, read: unknown): boolean {
  const pairs: unknown[] = [made, read];
  while (pairs.length > 0) {
    const [b, a] = [pairs.pop(), pairs.pop()];
    if (a === b) continue;
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
    if (Array.isArray(a) ? !addItems(pairs, a, b) : !addValues(pairs, a, b)) return false;
  }
  return true;
}

function addItems(pairs: unknown[], made: unknown[], read: object): boolean {
  if (!Array.isArray(read) || made.length !== read.length) return false;
  for (let at = 0; at < made.length; at++) pairs.push(made[at], read[at]);
  return true;
}

function addValues(pairs: unknown[], made: object, read: object): boolean {
  if (Array.isArray(read) || 'toJSON' in made) return false;
  let given = 0;
  for (const key of Object.keys(made)) {
    const value = (made as Record<string, unknown>)[key];
    if (value === undefined) continue;
    given++;
    if (!Object.hasOwn(read, key)) return false;
    pairs.push(value, (read as Record<string, unknown>)[key]);
  }
  return given === Object.keys(read).length;
}
