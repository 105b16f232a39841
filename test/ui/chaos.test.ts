// The chaos of a form: its documents, its expected first attempt, and what the server would reject.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commandBehaviorSchema } from '../../src/chaos/behavior.ts';
import { FAULTS } from '../../src/chaos/faults/index.ts';
import type { Preview } from '../../src/http/contract.ts';
import { scalePreview } from '../../ui/src/pages/launch/estimate.ts';
import { ALL_FAULTS, FAULT_FIELDS } from '../../ui/src/parts/behavior.ts';
import { fromBehavior, NO_CHAOS, toBehavior, validateChaos } from '../../ui/src/parts/chaos/chaos.ts';
import { firstAttempt } from '../../ui/src/parts/chaos/first-attempt.ts';

const percent = fc.integer({ min: 0, max: 100_000 }).map((thousandths) => thousandths / 1_000);
const percentages = fc.record(Object.fromEntries(FAULT_FIELDS.map((field) => [field, percent])));

describe('behavior documents', () => {
  test('converts an empty panel to no behavior', () => {
    expect(toBehavior(NO_CHAOS)).toBeNull();
    expect(toBehavior({ ...NO_CHAOS, timeout_pct: '', error_code: '   ', response_data: '{"left": 1}' })).toBeNull();
  });

  test('round-trips every behavior that the server accepts', () => {
    const durations = fc.record({ min: fc.integer({ min: 1, max: 1_000 }), more: fc.integer({ min: 0, max: 1_000 }) });
    const data = fc.dictionary(fc.string({ minLength: 1 }), fc.integer());
    fc.assert(
      fc.property(percentages, durations, data, (shares, { min, more }, response_data) => {
        const asked = {
          ...shares,
          min_duration_ms: min,
          max_duration_ms: min + more,
          duration_shape: 'lognormal' as const,
          delay_failures: true,
          fail_first_attempts: 2,
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

  test('keeps a minimum delay of 0 when there is a maximum', () => {
    expect(toBehavior({ ...NO_CHAOS, min_duration_ms: 0, max_duration_ms: 200 })).toEqual({
      min_duration_ms: 0,
      max_duration_ms: 200,
    });
  });
});

test('the page lists the faults of the service in the same order', () => {
  const tried = FAULTS.map(({ name, field }) => [name, field]);
  const known = ALL_FAULTS.map(({ fault }, index) => [fault, FAULT_FIELDS[index - 1] ?? 'fail_first_attempts']);
  expect(known.filter(([fault]) => tried.some(([name]) => name === fault))).toEqual(tried);
});

describe('the expected first attempt', () => {
  const sharesOf = (change: object) =>
    Object.fromEntries(firstAttempt({ ...NO_CHAOS, ...change }).map(({ key, value }) => [key, value]));

  test('each fault takes its share of what the faults before it left', () => {
    const half = { fail_permanent_pct: 50, fail_transient_pct: 50, fail_business_rule_pct: 50, timeout_pct: 50 };
    expect(sharesOf({ ...half, crash_pct: 50, corrupt_reply_pct: 100 })).toEqual({
      success: 0,
      first_attempts: 0,
      permanent: 50,
      transient: 25,
      business_rule: 12.5,
      timeout: 6.25,
      crash: 3.125,
      connection_lost: 0,
      lost_ack: 0,
      duplicate: 0,
      corrupt_reply: 3.125,
    });
  });

  test('with first attempts that fail, no other fault has a share', () => {
    const shares = sharesOf({ fail_first_attempts: 2, fail_permanent_pct: 40 });
    expect(shares).toMatchObject({ first_attempts: 100, permanent: 0, success: 0 });
  });

  test('the shares add up to 100, and none is negative', () => {
    fc.assert(
      fc.property(percentages, (percents) => {
        const shares = Object.values(sharesOf(percents));
        expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(100, 8);
        expect(Math.min(...shares)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

test('an estimate scales a sample to the whole launch', () => {
  const counts = { success: 900, transient: 300, permanent: 0, business_rule: 0, timeout: 0, interrupted: 0 };
  const sample: Preview = {
    seed: 's',
    exact: true,
    note: null,
    in_scope: 500,
    expected: { completed: 900, compensated: 40, failed: 10, in_troubleshooting: 50, attempts: 1_200 },
    steps: { query: { attempts: 1_200, ...counts, injected: { transient: 300 } } },
    duration_ms: 1,
  };
  expect(scalePreview(sample, 20_000)).toMatchObject({
    exact: false,
    in_scope: 10_000,
    expected: { completed: 18_000, compensated: 800, failed: 200, in_troubleshooting: 1_000, attempts: 24_000 },
    steps: { query: { attempts: 24_000, injected: { transient: 6_000 } } },
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
    [
      'a spread that needs one bound',
      { min_duration_ms: 1, max_duration_ms: 2, duration_shape: 'fixed' },
      ['duration_shape'],
    ],
    ['more first attempts than there can be', { fail_first_attempts: 101 }, ['fail_first_attempts']],
    ['a share of a crash above 100', { crash_pct: 101 }, ['crash_pct']],
    ['a long code', { error_code: 'X'.repeat(101) }, ['error_code']],
    ['a long message', { error_message: 'x'.repeat(1_001) }, ['error_message']],
    ['a response that is a list', { send_response: true, response_data: '[1]' }, ['response_data']],
    ['a response that is no JSON', { send_response: true, response_data: '{oops' }, ['response_data']],
  ])('rejects %s', (_what, change, fields) => {
    expect(errorsOf(change)).toEqual(fields);
  });

  test('accepts a fixed delay, and ignores response data that is not sent', () => {
    expect(errorsOf({ min_duration_ms: 100, max_duration_ms: 100 })).toEqual([]);
    expect(errorsOf({ send_response: false, response_data: '{oops' })).toEqual([]);
  });
});
