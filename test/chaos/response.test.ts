// response_data over a result: key by key, and nothing of the result is lost when it is no object.

import { expect, test } from 'vitest';
import { mergeResponse } from '../../src/chaos/inject.ts';

const data = { status: 'chaos', deep: { b: 2 } };

test('wins over the keys of an object, and not deeper', () => {
  const result = { status: 'ok', path: 'a.pdf', deep: { a: 1 } };
  expect(mergeResponse(result, data)).toEqual({ status: 'chaos', path: 'a.pdf', deep: { b: 2 } });
  expect(result.status).toBe('ok');
});

test('takes the place of nothing', () => {
  expect(mergeResponse(undefined, data)).toEqual(data);
  expect(mergeResponse(null, data)).toEqual(data);
  expect(mergeResponse(undefined, data)).not.toBe(data);
});

test.each([['text'], [5], [0], [false], [[1, 2]], [new Date(0)]])('stands beside %j, kept as `result`', (result) => {
  expect(mergeResponse(result, data)).toEqual({ result, ...data });
});

test('may itself be called result', () => {
  expect(mergeResponse(5, { result: 6 })).toEqual({ result: 6 });
});
