// Array parameters in their own text form: the server reads back exactly what was written, whatever the text is.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonArray, plainArray } from '../../src/db/arrays.ts';
import { toJson } from '../../src/db/json.ts';
import { newId } from '../../src/model/env.ts';
import { createTestDatabase } from '../support/database.ts';

const { pool } = await createTestDatabase();

async function readBack(type: string, text: string): Promise<unknown[]> {
  // As rows: an array of arrays would be read as one of two dimensions.
  const { rows } = await pool.query(
    `select value from unnest($1::${type}[]) with ordinality as i(value, n) order by n`,
    [text],
  );
  return rows.map(({ value }) => value);
}

const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null, freq: 4 });

test('no value, one null, many nulls', async () => {
  expect(await readBack('int', plainArray([]))).toEqual([]);
  expect(await readBack('int', plainArray([null]))).toEqual([null]);
  expect(await readBack('int', plainArray([null, null, 1, null]))).toEqual([null, null, 1, null]);
  expect(await readBack('jsonb', jsonArray([]))).toEqual([]);
  expect(await readBack('jsonb', jsonArray([null]))).toEqual([null]);
});

test('numbers, booleans and ids', async () => {
  const numbers = fc.array(orNull(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })), { maxLength: 50 });
  const booleans = fc.array(orNull(fc.boolean()), { maxLength: 50 });
  const ids = fc.array(orNull(fc.constant(null).map(() => newId())), { maxLength: 50 });
  await fc.assert(
    fc.asyncProperty(numbers, booleans, ids, async (n, b, i) => {
      expect(await readBack('int', plainArray(n))).toEqual(n);
      expect(await readBack('boolean', plainArray(b))).toEqual(b);
      expect(await readBack('uuid', plainArray(i))).toEqual(i);
    }),
    { numRuns: 30 },
  );
});

test('JSON documents, with every character that means something to JSON or to an array', async () => {
  const hostile = fc.constantFrom(
    '"',
    '\\',
    '{',
    '}',
    ',',
    'NULL',
    'null',
    '\n',
    '\t',
    '\u2028',
    '\u007f',
    '😀',
    "'",
    '$1',
    '',
  );
  const text = fc
    .oneof(
      fc.array(hostile).map((parts) => parts.join('')),
      fc.string({ unit: 'grapheme' }),
    )
    .filter(
      // Cannot be stored in jsonb, in whatever form it is sent.
      (value) => !value.includes('\0'),
    );
  const document = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 3 }, text, fc.integer(), fc.boolean(), fc.constant(null), tie('list'), tie('object')),
    list: fc.array(tie('value'), { maxLength: 4 }),
    object: fc.dictionary(text, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  })).value;
  await fc.assert(
    fc.asyncProperty(fc.array(document, { maxLength: 20 }), async (documents) => {
      // A document that is null is jsonb's null, which reads back as null too.
      expect(await readBack('jsonb', jsonArray(documents.map(toJson)))).toEqual(documents);
    }),
    { numRuns: 200 },
  );
});

test('what JSON has no word for is null; what cannot be written is said', () => {
  expect([undefined, () => 1, Symbol('s')].map(toJson)).toEqual([null, null, null]);
  expect(() => toJson(1n)).toThrow('cannot be written as JSON');
});
