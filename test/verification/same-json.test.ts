// Values are the same if JSON makes the same of them; whatever code of a definition makes can be compared.

import { expect, test } from 'vitest';
import { sameJson } from '../../src/verification/replay/same-json.ts';

test.each([
  ['what JSON leaves out', { a: 1, b: undefined }, { a: 1 }, true],
  ['what JSON writes differently', { at: new Date(0), n: -0 }, { at: '1970-01-01T00:00:00.000Z', n: 0 }, true],
  ['another order of keys', { a: 1, b: 2 }, { b: 2, a: 1 }, true],
  ['another value', { a: [1, { b: 2 }] }, { a: [1, { b: 3 }] }, false],
  ['a list and an object', { a: [] }, { a: {} }, false],
  ['what JSON cannot write', { a: 1n }, { a: 1 }, false],
])('%s', (_what, made, read, same) => {
  expect(sameJson(made, read)).toBe(same);
});

test('nesting however deep, and fields that throw, differ', () => {
  let deep: unknown = null;
  for (let level = 0; level < 200_000; level++) deep = [deep];
  expect(sameJson(deep, structuredClone([[null]]))).toBe(false);
  const throwing = {
    get a(): number {
      throw new Error('no value');
    },
  };
  expect(sameJson(throwing, { a: 1 })).toBe(false);
});
