// What parsing would change of a JSON text, or PostgreSQL would not hold of it, is found in the text itself.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findJsonTextErrors } from '../../src/model/json-text.ts';
import { jsonProblems } from '../../src/model/storable.ts';

const pathsOf = (text: string) => findJsonTextErrors(text).map(({ path, code }) => `${path} ${code}`);

test.each([
  '9007199254740993',
  '-9007199254740993',
  '9223372036854775807',
  '12345678901234567',
  '123456789.123456789',
  '1e-400',
  '1e400',
  '-1E+400',
  '-0',
  '-0.0e5',
  `1${'0'.repeat(10_000)}1`,
])('the number %s would become another', (number) => {
  expect(pathsOf(`{"a": [1, ${number}]}`)).toEqual(['a.1 not_storable']);
  expect(pathsOf(number)).toEqual(['body not_storable']);
});

test.each([
  '0',
  '0.0',
  '0e5',
  '1.50',
  '-12',
  '1e2',
  '1E+2',
  '1e-7',
  '0.000001234',
  '9007199254740992',
  // Seventeen digits, as other languages print the double that JavaScript prints as 0.1.
  '0.10000000000000001',
  '5e-324',
  '1.7976931348623157e308',
  '123456789012345680',
])('the number %s stays', (number) => {
  expect(pathsOf(`[${number}]`)).toEqual([]);
  expect(Number(JSON.parse(JSON.stringify(Number(number))))).toBe(Number(number));
});

test('a key that stands twice is named where it does, in whatever spelling; in another object it is another', () => {
  expect(pathsOf('{"a":1,"b":[{"c":{"a":1,"d":2,"d":3}}]}')).toEqual(['b.0.c.d duplicate']);
  expect(pathsOf('{"a":1,"\\u0061":1}')).toEqual(['a duplicate']);
  expect(pathsOf('{"a":{"a":[{"a":1},{"a":1}]},"b":{"a":"a"}}')).toEqual([]);
});

test('text that cannot be stored, by value and by name', () => {
  const text = '{"a":"\\u0000","b":["x","\\ud800","\\ud83d\\ude00"],"\\udc00":1,"c\\\\u0000":"\\\\u0000\\""}';
  expect(pathsOf(text)).toEqual(['a not_storable', 'b.1 not_storable', '\udc00 not_storable']);
  expect(pathsOf(JSON.stringify('\ud800').replace('\\ud800', '\ud800'))).toEqual(['body not_storable']);
});

test('what is nested too deep ends the look, and a million mistakes are some', () => {
  expect(findJsonTextErrors('['.repeat(100_000) + ']'.repeat(100_000))).toMatchObject([
    { path: Array(32).fill('0').join('.'), message: expect.stringContaining('deeper than 32') },
  ]);
  expect(findJsonTextErrors(`[${Array(100_000).fill('-0').join(',')}]`)).toHaveLength(100);
});

test('of a text that JavaScript wrote it finds what the look at the value finds', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), fc.constantFrom(0, 1, 2), (value, spaces) => {
      // -0 is written as 0.
      const text = JSON.stringify(value, null, spaces);
      const found = jsonProblems(JSON.parse(text)).map(({ path }) => path.map(String).join('.') || 'body');
      expect(findJsonTextErrors(text).map(({ path }) => path)).toEqual(found.map((path) => path.slice(0, 500)));
    }),
    { numRuns: 2_000 },
  );
});
