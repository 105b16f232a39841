// The text made from a value is the one PostgreSQL gives for it, or no text of PostgreSQL's: it never takes one document for another.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonbText } from '../../src/verification/jsonb-text.ts';
import { createTestDatabase } from '../support/database.ts';
import { atLeast } from '../support/random.ts';

const { pool } = await createTestDatabase();

/** As PostgreSQL writes them, in one round trip. */
async function textsOf(values: readonly unknown[]): Promise<string[]> {
  const { rows } = await pool.query<{ text: string }>(
    'select d::text as text from unnest($1::jsonb[]) with ordinality as u(d, n) order by n',
    [values.map((value) => JSON.stringify(value))],
  );
  return rows.map(({ text }) => text);
}

// jsonb takes neither NUL nor half a character.
const word = fc.string({ unit: 'grapheme', maxLength: 8 }).filter((text) => !text.includes('\0'));
const whole = fc.integer();
const documents = fc.letrec((tie) => ({
  any: fc.oneof({ depthSize: 'small' }, word, whole, fc.boolean(), fc.constant(null), tie('list'), tie('object')),
  list: fc.array(tie('any'), { maxLength: 4 }),
  object: fc.dictionary(word, tie('any'), { maxKeys: 6, noNullPrototype: true }),
})).any;

test('documents of words and whole numbers are written as PostgreSQL writes them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(documents, { minLength: 1, maxLength: 20 }), async (values) => {
      expect(values.map((value) => jsonbText(value))).toEqual(await textsOf(values));
    }),
    { numRuns: atLeast(100) },
  );
});

test('where the text is the same, so is the document', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.jsonValue(), { minLength: 2, maxLength: 10 }), async (values) => {
      const storable = values.filter((value) => !/\\u0000|\\ud[89a-f]/i.test(JSON.stringify(value)));
      const texts = await textsOf(storable);
      for (const value of storable)
        for (const [at, text] of texts.entries())
          if (jsonbText(value) === text) expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(storable[at])));
    }),
    { numRuns: atLeast(50) },
  );
});

test.each([
  ['a key without a value', { a: undefined }, { a: null }],
  ['a key that is left out', { a: undefined }, {}],
  ['a date', { at: new Date(0) }, { at: {} }],
  ['a hole', [undefined], [null]],
  ['a function', { f: () => 1 }, {}],
  ['a bigint', { big: 1n }, { big: 1 }],
  ['what writes itself', Object.assign(Object.create({ toJSON: () => 'other' }), { a: 1 }), { a: 1 }],
])('%s is not taken for what is stored', async (_what, value, document) => {
  expect([jsonbText(value)]).not.toEqual(await textsOf([document]));
});
