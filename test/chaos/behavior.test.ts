// The CommandBehavior schema: what it takes, what it refuses, and under which path.

import fc from 'fast-check';
import { commandBehaviorSchema, processBehaviorSchema } from 'faultline/chaos';
import { describe, expect, test } from 'vitest';
import { compactBehavior } from '../../src/chaos/behavior.ts';
import { behaviorArbitrary } from './arbitraries.ts';

/** What is refused, as `path: message`; an unknown field is named by its own path. */
function complaints(schema: typeof commandBehaviorSchema, value: unknown): string[] {
  const parsed = schema.safeParse(value);
  if (parsed.success) return [];
  return parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => `${[...issue.path, key].join('.')}: unknown`)
      : `${issue.path.join('.')}: ${issue.message}`,
  );
}

const refused = (value: unknown) => complaints(commandBehaviorSchema, value);
const PERCENTAGES = Object.keys(commandBehaviorSchema.shape).filter((field) => field.endsWith('_pct'));

describe('a behavior', () => {
  test('may be empty, and null equals absent', () => {
    expect(refused({})).toEqual([]);
    const nothing = Object.fromEntries(Object.keys(commandBehaviorSchema.shape).map((field) => [field, null]));
    expect(Object.keys(nothing)).toHaveLength(18);
    expect(refused(nothing)).toEqual([]);
    expect(compactBehavior(commandBehaviorSchema.parse(nothing))).toBeNull();
  });

  test('that is valid comes out as it went in', () => {
    fc.assert(
      fc.property(
        behaviorArbitrary,
        (behavior) => void expect(commandBehaviorSchema.parse(behavior)).toEqual(behavior),
      ),
    );
  });

  test.each(PERCENTAGES)('%s is 0 to 100, fractions included', (field) => {
    for (const good of [0, 0.001, 33.3, 100]) expect(refused({ [field]: good })).toEqual([]);
    for (const bad of [-0.001, 100.001, Number.NaN, Number.POSITIVE_INFINITY, '5', true]) {
      expect(refused({ [field]: bad })).toEqual([expect.stringMatching(new RegExp(`^${field}: .`))]);
    }
  });

  test.each(['min_duration_ms', 'max_duration_ms'])('%s is a whole number of ms from 0 to an hour', (field) => {
    for (const good of [0, 1, 3_600_000]) expect(refused({ [field]: good })).toEqual([]);
    for (const bad of [-1, 0.5, 3_600_001, '5']) {
      expect(refused({ [field]: bad })).toEqual([expect.stringMatching(new RegExp(`^${field}: .`))]);
    }
  });

  test('a minimum above the maximum is refused; either alone is fine', () => {
    const message = 'min_duration_ms: must not be greater than max_duration_ms';
    expect(refused({ min_duration_ms: 11, max_duration_ms: 10 })).toEqual([message]);
    expect(refused({ min_duration_ms: 1, max_duration_ms: 0 })).toEqual([message]);
    expect(refused({ min_duration_ms: 10, max_duration_ms: 10 })).toEqual([]);
    expect(refused({ min_duration_ms: 10 })).toEqual([]);
    expect(refused({ min_duration_ms: 10, max_duration_ms: null })).toEqual([]);
    expect(refused({ max_duration_ms: 10 })).toEqual([]);
  });

  test.each([
    ['error_code', 100],
    ['error_message', 1000],
  ])('%s is text of 1 to %i characters', (field, most) => {
    expect(refused({ [field]: 'x'.repeat(most) })).toEqual([]);
    for (const bad of ['', 'x'.repeat(most + 1), 5, {}]) {
      expect(refused({ [field]: bad })).toEqual([expect.stringMatching(new RegExp(`^${field}: .`))]);
    }
    expect(refused({ [field]: 'a\0b' })).toEqual([`${field}: must not contain a NUL byte`]);
    expect(refused({ [field]: 'a\ud800b' })).toEqual([`${field}: must not contain half of a surrogate pair`]);
    expect(refused({ [field]: '😀' })).toEqual([]);
  });

  test.each(['send_response', 'delay_failures'])('%s is a boolean', (field) => {
    expect(refused({ [field]: true })).toEqual([]);
    expect(refused({ [field]: 1 })).toEqual([expect.stringMatching(new RegExp(`^${field}: .`))]);
  });

  test('fail_first_attempts is a whole number from 0 to 100', () => {
    for (const good of [0, 1, 100]) expect(refused({ fail_first_attempts: good })).toEqual([]);
    for (const bad of [-1, 0.5, 101, '5']) {
      expect(refused({ fail_first_attempts: bad })).toEqual([expect.stringMatching(/^fail_first_attempts: ./)]);
    }
  });

  test('duration_shape is one of four, and fixed has one value', () => {
    const bounds = { min_duration_ms: 5, max_duration_ms: 9 };
    for (const shape of ['uniform', 'normal', 'lognormal'])
      expect(refused({ duration_shape: shape, ...bounds })).toEqual([]);
    expect(refused({ duration_shape: 'square' })).toEqual([expect.stringMatching(/^duration_shape: ./)]);
    const fixed = { duration_shape: 'fixed' };
    for (const good of [{}, { min_duration_ms: 5 }, { max_duration_ms: 5 }, { min_duration_ms: 5, max_duration_ms: 5 }])
      expect(refused({ ...fixed, ...good })).toEqual([]);
    expect(refused({ ...fixed, ...bounds })).toEqual(['duration_shape: fixed takes one bound, or two that are equal']);
  });

  test('unknown fields are refused by name, all of them', () => {
    expect(refused({ fail_pct: 1, timeout_pct: 2, delay: 3 })).toEqual(['fail_pct: unknown', 'delay: unknown']);
  });

  test('what is no object is refused', () => {
    for (const bad of ['', 5, [], true]) expect(refused(bad)).toEqual([expect.stringMatching(/^: ./)]);
  });
});

describe('response_data', () => {
  test('is any JSON object', () => {
    const data = { a: [1, { b: null, ü: 'é😀' }], c: false, d: -1.5e300, '': {} };
    expect(commandBehaviorSchema.parse({ response_data: data })).toEqual({ response_data: data });
    for (const bad of [[], 'x', 5]) {
      expect(refused({ response_data: bad })).toEqual([expect.stringMatching(/^response_data: ./)]);
    }
  });

  test('names every place that PostgreSQL could not hold', () => {
    expect(refused({ response_data: { a: ['ok', { b: 'x\0' }], 'c\0': 1, d: { e: '\udc00' } } })).toEqual([
      'response_data.a.1.b: must not contain a NUL byte',
      'response_data.c\0: its name must not contain a NUL byte',
      'response_data.d.e: must not contain half of a surrogate pair',
    ]);
  });

  test('names every place that is not JSON', () => {
    const data = { a: undefined, b: () => 1, c: [Number.NaN], d: new Date(0), e: 1n };
    // `a` is as good as absent, as in every document.
    expect(refused({ response_data: data })).toEqual([
      'response_data.b: must be a JSON value',
      'response_data.c.0: must be a finite number',
      'response_data.d: must be a JSON value',
      'response_data.e: must be a JSON value',
    ]);
  });

  test('is neither too deep, nor circular, nor too long', () => {
    const nested = (depth: number): object => (depth === 0 ? {} : { a: nested(depth - 1) });
    expect(refused({ response_data: nested(31) })).toEqual([]);
    expect(refused({ response_data: nested(5000) })).toEqual([expect.stringMatching(/nested deeper than 32 levels$/)]);
    const circle: Record<string, unknown> = {};
    circle.again = circle;
    expect(refused({ response_data: circle })).toEqual([expect.stringMatching(/nested deeper than 32 levels$/)]);
    expect(refused({ response_data: { a: 'x'.repeat(65_536) } })).toEqual([
      'response_data: must not be longer than 65536 characters as JSON',
    ]);
  });

  test('drops the key __proto__, and no object inherits from it', () => {
    const response_data: unknown = JSON.parse('{"__proto__": {"polluted": true}, "a": 1}');
    const parsed = commandBehaviorSchema.parse({ response_data });
    expect(Object.entries(parsed.response_data ?? {})).toEqual([['a', 1]]);
    expect(parsed.response_data?.polluted).toBeUndefined();
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('the behavior of a process', () => {
  const schema = processBehaviorSchema(['query', 'aggregation', 'render']);

  test('takes a behavior for each of its steps, and null for none', () => {
    const behavior = { query: { timeout_pct: 5 }, render: null };
    expect(schema.parse(behavior)).toEqual(behavior);
    expect(schema.parse({})).toEqual({});
  });

  test('names the step and the field of what it refuses', () => {
    const parsed = schema.safeParse({ query: { timeout_pct: 101 }, render: { error_code: '' } });
    expect(parsed.error?.issues.map((issue) => issue.path.join('.'))).toEqual([
      'query.timeout_pct',
      'render.error_code',
    ]);
    const unknown = schema.safeParse({ query: { speed: 1 } });
    expect(unknown.error?.issues).toMatchObject([{ code: 'unrecognized_keys', path: ['query'], keys: ['speed'] }]);
  });

  test('takes no other step', () => {
    const parsed = schema.safeParse({ print: {} });
    expect(parsed.error?.issues).toMatchObject([{ code: 'unrecognized_keys', path: [], keys: ['print'] }]);
  });
});
