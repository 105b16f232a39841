// The launch form's chaos: documents there and back, the closed form, the presets, and what the server would refuse.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commandBehaviorSchema } from '../../src/chaos/behavior.ts';
import { presetsFor } from '../../ui/src/pages/launch/presets.ts';
import { FAULT_FIELDS } from '../../ui/src/parts/behavior.ts';
import { fromBehavior, NO_CHAOS, toBehavior, validateChaos } from '../../ui/src/parts/chaos/chaos.ts';
import { firstAttemptOf } from '../../ui/src/parts/chaos/first-attempt.ts';

const percent = fc.integer({ min: 0, max: 100_000 }).map((thousandths) => thousandths / 1_000);
const percentages = fc.record({
  fail_permanent_pct: percent,
  fail_transient_pct: percent,
  fail_business_rule_pct: percent,
  timeout_pct: percent,
});

describe('behavior documents', () => {
  test('a panel in which nothing is set asks for nothing', () => {
    expect(toBehavior(NO_CHAOS)).toBeNull();
    expect(toBehavior({ ...NO_CHAOS, timeout_pct: '', error_code: '   ', response_data: '{"left": 1}' })).toBeNull();
  });

  test('what the form makes, the server takes, and the form reads back as it was', () => {
    const durations = fc.record({ min: fc.integer({ min: 1, max: 1_000 }), more: fc.integer({ min: 0, max: 1_000 }) });
    const data = fc.dictionary(fc.string({ minLength: 1 }), fc.integer());
    fc.assert(
      fc.property(percentages, durations, data, (shares, { min, more }, response_data) => {
        const asked = {
          ...shares,
          min_duration_ms: min,
          max_duration_ms: min + more,
          error_code: 'LEDGER_DOWN',
          send_response: true,
          response_data,
        };
        const made = toBehavior(fromBehavior(asked));
        expect(commandBehaviorSchema.safeParse(made).success).toBe(true);
        const nothing = Object.fromEntries(FAULT_FIELDS.map((field) => [field, 0]));
        expect({ ...nothing, ...made }).toEqual(asked);
      }),
    );
  });

  test('a shortest delay of 0 stands beside a longest one', () => {
    expect(toBehavior({ ...NO_CHAOS, min_duration_ms: 0, max_duration_ms: 200 })).toEqual({
      min_duration_ms: 0,
      max_duration_ms: 200,
    });
  });
});

describe('the expected first attempt', () => {
  test('each fault takes its share of what the ones before it left', () => {
    const { faults, success } = firstAttemptOf({
      fail_permanent_pct: 50,
      fail_transient_pct: 50,
      fail_business_rule_pct: 50,
      timeout_pct: 50,
    });
    expect(faults).toEqual({
      fail_permanent_pct: 50,
      fail_transient_pct: 25,
      fail_business_rule_pct: 12.5,
      timeout_pct: 6.25,
    });
    expect(success).toBe(6.25);
  });

  test('the parts are always the whole, and none is negative', () => {
    fc.assert(
      fc.property(percentages, (shares) => {
        const { faults, success } = firstAttemptOf(shares);
        const parts = [...Object.values(faults), success];
        expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(100, 8);
        expect(Math.min(...parts)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('validation', () => {
  const errorsOf = (change: object) => Object.keys(validateChaos({ ...NO_CHAOS, ...change }));

  test.each<[string, object, string[]]>([
    ['a share above 100', { fail_permanent_pct: 101 }, ['fail_permanent_pct']],
    ['a share below 0', { timeout_pct: -1 }, ['timeout_pct']],
    ['shortest above longest', { min_duration_ms: 500, max_duration_ms: 100 }, ['min_duration_ms']],
    ['a broken millisecond', { max_duration_ms: 1.5 }, ['max_duration_ms']],
    ['more than an hour', { max_duration_ms: 3_600_001 }, ['max_duration_ms']],
    ['a long code', { error_code: 'X'.repeat(101) }, ['error_code']],
    ['a long message', { error_message: 'x'.repeat(1_001) }, ['error_message']],
    ['a response that is a list', { send_response: true, response_data: '[1]' }, ['response_data']],
    ['a response that is no JSON', { send_response: true, response_data: '{oops' }, ['response_data']],
  ])('refuses %s', (_what, change, fields) => {
    expect(errorsOf(change)).toEqual(fields);
  });

  test('takes a fixed delay, and looks at a response only where one is sent', () => {
    expect(errorsOf({ min_duration_ms: 100, max_duration_ms: 100 })).toEqual([]);
    expect(errorsOf({ send_response: false, response_data: '{oops' })).toEqual([]);
  });
});

test('every preset is valid on every step, for one step as for many', () => {
  for (const steps of [['only'], ['query', 'aggregation', 'render'], ['a', 'b', 'c', 'd', 'e', 'f']]) {
    for (const { key, apply } of presetsFor(steps.at(-1) ?? '')) {
      const chaos = apply(steps);
      expect(Object.keys(chaos)).toEqual(steps);
      for (const step of Object.values(chaos)) expect(validateChaos(step)).toEqual({});
      const asked = Object.values(chaos).filter((step) => toBehavior(step) !== null);
      expect({ key, asksForSomething: asked.length > 0 }).toEqual({ key, asksForSomething: key !== 'none' });
    }
  }
});
