// name=value options: what they build, and what they refuse.

import { expect, test } from 'vitest';
import { assign, jsonOrFile } from '../../src/cli/json-options.ts';

const all = (...texts: string[]) => texts.reduce((document, text) => assign(text, document), {});

test('values are JSON where they can be, text where not, and names with dots reach inside', () => {
  expect(
    all('from_date=2026-01-01', 'count=3', 'hold=false', 'list=["a"]', 'a.b=1', 'a.c=x=y', 'pay-out#2.fail=5'),
  ).toEqual({
    from_date: '2026-01-01',
    count: 3,
    hold: false,
    list: ['a'],
    a: { b: 1, c: 'x=y' },
    'pay-out#2': { fail: 5 },
  });
});

test('a later one replaces an earlier one, also of another kind', () => {
  expect(all('a.b=1', 'a.b=2', 'c=1', 'c.d=2')).toEqual({ a: { b: 2 }, c: { d: 2 } });
});

test.each(['', 'a', '=1', '.a=1', 'a..b=1', 'a b=1'])('%j is refused', (text) => {
  expect(() => assign(text)).toThrow('must look like name=value');
});

test.each(['a=9007199254740993', 'a=1e400', 'a=-0', 'a={"b":{"n":9223372036854775807}}', 'a={"b":1,"b":2}'])(
  '%s would not be kept as it is written',
  (text) => {
    expect(() => assign(text)).toThrow(/cannot be kept as it is written: (it|b|b\.n) /);
    expect(assign('a="9007199254740993"')).toEqual({ a: '9007199254740993' });
  },
);

test('the same in an option that is JSON as a whole, which no file needs to be', () => {
  expect(() => jsonOrFile('{"scope_pct":1e400}')).toThrow(/scope_pct must be a number that a double can hold/);
  expect(() => jsonOrFile('{')).toThrow('It must be a JSON object');
});

test('no name reaches the prototype', () => {
  assign('__proto__.polluted=1');
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
});
