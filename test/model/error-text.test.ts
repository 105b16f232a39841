// What others wrote, in words: causes are told, terminals not steered, passwords not given away.

import { describe, expect, test } from 'vitest';
import { describeError, hidePasswords, reasonOf, showJson, showLines, showText } from '../../src/model/error-text.ts';
import { CommandError, TransientCommandError } from '../../src/model/errors.ts';

describe('an error', () => {
  test('tells what caused it, down to the first cause', () => {
    const disk = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    const storage = new Error('Cannot write file at location "a.pdf"', { cause: disk });
    expect(describeError(storage)).toBe(
      'Error: Cannot write file at location "a.pdf": ENOSPC: no space left on device, write',
    );
    expect(describeError(new TransientCommandError('STORAGE', 'It was not stored', { cause: storage }))).toBe(
      'It was not stored: Cannot write file at location "a.pdf": ENOSPC: no space left on device, write',
    );
  });

  test('ends a sentence without being called one', () => {
    expect(reasonOf(new Error('a', { cause: new TypeError('b') }))).toBe('a: TypeError: b');
  });

  test('says nothing twice, and a cause that is no error too', () => {
    const cause = new TypeError('x is not a function');
    expect(describeError(new Error('failed: TypeError: x is not a function', { cause }))).toBe(
      'Error: failed: TypeError: x is not a function',
    );
    expect(describeError(new Error('a', { cause: 'b' }))).toBe('Error: a: b');
    expect(describeError(new Error('a', { cause: { b: 1 } }))).toBe('Error: a: { b: 1 }');
  });

  test('of several at once names each, once', () => {
    const refused = (address: string) => new Error(`connect ECONNREFUSED ${address}:5432`);
    const errors = [refused('::1'), refused('127.0.0.1'), refused('::1')];
    // As node makes it.
    const both = Object.assign(new AggregateError(errors, 'none'), { message: '' });
    expect(describeError(both)).toBe('connect ECONNREFUSED ::1:5432; connect ECONNREFUSED 127.0.0.1:5432');
  });

  test('whose causes go in a circle or are very many ends', () => {
    const [a, b] = [new Error('a'), new Error('b')];
    a.cause = b;
    b.cause = a;
    expect(describeError(a)).toBe('Error: a: b');
    let deep = new Error('0');
    for (let n = 1; n < 1_000; n++) deep = new Error(`level ${n}.`, { cause: deep });
    expect(describeError(deep)).toMatch(/^Error: level 999\.: level 998\.: .*level 990\.$/);
  });

  test('is short enough and such that it can be stored', () => {
    expect(describeError(new Error(`${'x'.repeat(1_992)}\u{1f600}\0`, { cause: 'more' }))).toBe(
      `Error: ${'x'.repeat(1_992)}\ufffd`,
    );
  });

  test.each([
    ['nothing', undefined, 'undefined'],
    ['a text', 'out of paper', 'out of paper'],
    ['a number', 7, '7'],
    [
      'what throws when looked at',
      Object.defineProperty(new Error('x'), 'cause', {
        get: () => {
          throw new Error('y');
        },
      }),
      'What was thrown cannot be put into words.',
    ],
  ])('may be %s', (_what, thrown, words) => {
    expect(describeError(thrown)).toBe(words);
  });

  test('of a handler keeps the words it chose', () => {
    class Own extends CommandError {}
    expect(describeError(new Own('CODE', 'as I say'))).toBe('as I say');
  });
});

describe('text of others', () => {
  test.each([
    ['a line end', 'a\nb\r\n', 'a\\nb\\r\\n'],
    ['an escape sequence', '\x1b[2J', '\\x1b[2J'],
    ['an OSC with its bell', '\x1b]0;title\x07', '\\x1b]0;title\\x07'],
    ['a C1 control', '\u009b2J\u0085', '\\x9b2J\\x85'],
    ['DEL and backspace', '\x7f\b', '\\x7f\\x08'],
    ['a mark of direction', 'a\u202eb\u2066c\u200f', 'a\\u202eb\\u2066c\\u200f'],
    ['line ends of Unicode', '\u2028\u2029', '\\u2028\\u2029'],
  ])('%s is shown, not obeyed', (_what, text, shown) => {
    expect(showText(text)).toBe(shown);
  });

  test('is otherwise as it was', () => {
    const text = 'Zoë, 日本語, \u{1f469}\u200d\u{1f4bb}, C:\\new';
    expect(showText(text)).toBe(text);
    expect(showLines(`a\x1b\n${text}`)).toBe(`a\\x1b\n${text}`);
  });

  test('as JSON means what it meant', () => {
    const value = { '\u009b': 'a\u202eb\x7f\n\u2028', plain: 'é' };
    const json = showJson(JSON.stringify(value, null, 2));
    expect(json).not.toMatch(/[\u007f-\u009f\u2028\u202e]/);
    expect(JSON.parse(json)).toEqual(value);
  });
});

describe('a password in text', () => {
  const SECRETS = [
    's3cret',
    's3#cret',
    's3/cret',
    's3?cret',
    's3@cret',
    's3:cret',
    's3%cret',
    "s3'cret",
    's3#/?@:cret',
  ];

  test.each(SECRETS)('%s of an address is hidden', (secret) => {
    const text = hidePasswords(`no: postgres://ada:${secret}@db.example:5432/bank, sorry`);
    expect(text).toBe('no: postgres://ada:***@db.example:5432/bank, sorry');
  });

  test.each([
    ['mysql://:s3cret@h/db', 'mysql://:***@h/db'],
    ['postgres://h/db?user=ada&password=s3cret&x=1', 'postgres://h/db?user=ada&password=***&x=1'],
    ["host=h password='s3 cret' dbname=d", 'host=h password=*** dbname=d'],
    ['PGPASSWORD=s3cret psql', 'PGPASSWORD=*** psql'],
  ])('%s', (text, hidden) => {
    expect(hidePasswords(text)).toBe(hidden);
  });

  test('of a line of JSON is hidden, and JSON it stays', () => {
    const line = { msg: 'no: postgres://ada:s3"c\\ret@h/db', err: { input: 'postgres://a:s3cret@h/d' }, mail: 'a@b' };
    const hidden = hidePasswords(JSON.stringify(line));
    expect(JSON.parse(hidden)).toEqual({
      msg: 'no: postgres://ada:***@h/db',
      err: { input: 'postgres://a:***@h/d' },
      mail: 'a@b',
    });
  });

  test('without its closing quote is hidden, and a line of JSON with one stays JSON', () => {
    const line = { msg: "password='s3cret", x: ["it's"] };
    expect(JSON.parse(hidePasswords(JSON.stringify(line)))).toEqual({ msg: 'password=***', x: ["it's"] });
  });

  test('of each of several addresses is hidden, also where they stand in one word', () => {
    const text = 'postgres://a:s3cret@h/d postgres://b:s3cret@h/d,postgres://c:s3cret@i/d http://d:1/x';
    expect(hidePasswords(text)).toBe('postgres://a:***@h/d postgres://b:***@i/d http://d:1/x');
  });

  // Looked at from each of its places again, each would take hours.
  test.each([
    ['a', 4_000_000],
    ['a://b:', 700_000],
    ['a://b:@', 600_000],
    ["password='", 400_000],
    ['password=', 400_000],
    ['a\\\\', 1_000_000],
  ])('is looked for in a word of %s over and over, and that ends', (part, times) => {
    expect(hidePasswords(part.repeat(times)).length).toBeLessThanOrEqual(part.length * times);
    expect(hidePasswords(`a://b:${part.repeat(times)}@c`)).toContain('***');
  });

  test('what is no password stays', () => {
    const text = 'http://127.0.0.1:4400/x, file:///a/b.js:12:5, postgres://db.example:5432/bank, mail a@b';
    expect(hidePasswords(text)).toBe(text);
  });
});
