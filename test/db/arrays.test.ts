// Array parameters: what is built here, PostgreSQL reads as what it was built from.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonArray, plainArray, uuidArray } from '../../src/db/arrays.ts';
import { toJson } from '../../src/db/json.ts';
import { newId } from '../../src/model/ids.ts';
import { createTestDatabase } from '../support/database.ts';
import { atLeast } from '../support/random.ts';

const { pool } = await createTestDatabase();

async function read(type: string, parameter: unknown): Promise<unknown[]> {
  const { rows } = await pool.query(
    `select i as item from unnest($1::${type}[]) with ordinality as u(i, at) order by at`,
    [parameter],
  );
  return rows.map((row) => row.item);
}

test('ids, repeated, absent, in capitals and none at all', async () => {
  const [one, two] = [newId(), newId()];
  for (const ids of [[one, one, null, one, two, null, null, two], [null], [], [one]]) {
    expect(await read('uuid', uuidArray(ids))).toEqual(ids);
  }
  expect(await read('uuid', uuidArray([one.toUpperCase()]))).toEqual([one]);
});

test('what is no id is refused before it is sent', () => {
  for (const id of ['', 'x', newId().slice(1), `${newId()}0`, newId().replace(/.$/, 'g'), newId().replace(/.$/, 'é')]) {
    expect(() => uuidArray([id])).toThrow(TypeError);
  }
});

test('numbers, booleans and words', async () => {
  expect(await read('int', plainArray([1, null, -3]))).toEqual([1, null, -3]);
  expect(await read('boolean', plainArray([true, null, false]))).toEqual([true, null, false]);
  expect(await read('text', plainArray(['TSQ', null, 'RETRY']))).toEqual(['TSQ', null, 'RETRY']);
  expect(await read('text', plainArray([]))).toEqual([]);
});

test('JSON documents, however quoted', async () => {
  const documents = [
    { a: 'quote " backslash \\ brace { } comma , newline \n tab \t é 漢 \u2028 NULL' },
    'NULL',
    null,
    1,
    [],
    {},
  ];
  expect(await read('jsonb', jsonArray(documents.map((document) => JSON.stringify(document))))).toEqual(documents);
  expect(await read('jsonb', jsonArray([null, '{}']))).toEqual([null, {}]);
});

test('any JSON document, with every character that means something to JSON or to an array', async () => {
  const hostile = fc.constantFrom(
    '"',
    '\\',
    '{',
    '}',
    ',',
    'NULL',
    '\n',
    '\t',
    '\u2028',
    '\u007f',
    '😀',
    "'",
    '$1',
    '',
  );
  // A NUL byte cannot be stored in jsonb, in whatever form it is sent.
  const text = fc
    .oneof(
      fc.array(hostile).map((parts) => parts.join('')),
      fc.string({ unit: 'grapheme' }),
    )
    .filter((value) => !value.includes('\0'));
  const document = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 3 }, text, fc.integer(), fc.boolean(), fc.constant(null), tie('list'), tie('object')),
    list: fc.array(tie('value'), { maxLength: 4 }),
    object: fc.dictionary(text, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  })).value;
  await fc.assert(
    fc.asyncProperty(fc.array(document, { maxLength: 20 }), async (documents) => {
      // A document that is null is jsonb's own null, which reads back as null too.
      expect(await read('jsonb', jsonArray(documents.map(toJson)))).toEqual(documents);
    }),
    { numRuns: atLeast(200) },
  );
});

test('what JSON has no word for is null; what cannot be written is said', () => {
  expect([undefined, () => 1, Symbol('s')].map(toJson)).toEqual([null, null, null]);
  expect(() => toJson(1n)).toThrow('cannot be written as JSON');
});
