// What JSON or PostgreSQL would lose or change is named by its path, each once, and looked at once.

import { expect, test } from 'vitest';
import { jsonProblems, MAX_JSON_DEPTH } from '../../src/model/storable.ts';

const holed: unknown[] = [1, 2, 3];
delete holed[1];

const LOST: [string, unknown, string][] = [
  ['a Map', { a: new Map() }, 'a'],
  ['a function', { a: { f: () => 1 } }, 'a.f'],
  ['a BigInt', { a: [1n] }, 'a.0'],
  ['undefined in an array', { a: [0, undefined] }, 'a.1'],
  ['a hole', { a: holed }, 'a.1'],
  ['a Date', { a: new Date(0) }, 'a'],
  ['NaN', { a: { b: [[Number.NaN]] } }, 'a.b.0.0'],
  ['-0', { a: -0 }, 'a'],
  ['an infinity', { a: Number.NEGATIVE_INFINITY }, 'a'],
  ['a NUL byte', { a: 'x\0' }, 'a'],
  ['half a pair', { a: '\ud800' }, 'a'],
  ['a key with half a pair', { a: { '\udc00': 1 } }, 'a.\udc00'],
  ['an instance of a class', { a: new (class A {})() }, 'a'],
  ['a symbol', { a: Symbol('s') }, 'a'],
];

test.each(LOST)('%s', (_what, value, path) => {
  expect(jsonProblems(value).map((problem) => problem.path.join('.'))).toEqual([path]);
});

test('what is JSON has none, a field that is undefined is as good as absent, and a problem has a path of its own', () => {
  expect(jsonProblems({ a: [1, 'x', null, true, { b: {} }], c: undefined, '': 0 })).toEqual([]);
  expect(jsonProblems({ a: [Number.NaN, { b: 1n }], c: -0 }).map(({ path }) => path)).toEqual([
    ['a', 0],
    ['a', 1, 'b'],
    ['c'],
  ]);
});

test('too deep and circular end, and a million mistakes are some', () => {
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  expect(jsonProblems(circle)).toMatchObject([{ path: Array(MAX_JSON_DEPTH).fill('self') }]);
  expect(jsonProblems(Array(1_000_000).fill('\0')).length).toBeLessThanOrEqual(100);
});

test('each place is read once', () => {
  const reads: string[] = [];
  const counted = (value: Record<string, unknown>, at: string): object =>
    new Proxy(value, {
      getPrototypeOf: () => Object.prototype,
      get: (target, key) => {
        reads.push(`${at}.${String(key)}`);
        return target[String(key)];
      },
    });
  const once = counted({ b: 1 }, 'a');
  expect(jsonProblems(counted({ a: once, c: [] }, 'it'))).toEqual([]);
  expect(new Set(reads).size).toBe(3);
  expect(reads).toEqual(['it.a', 'a.b', 'it.c']);
});
