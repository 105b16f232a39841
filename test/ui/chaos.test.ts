// The launch form's chaos: documents there and back, the closed forms, and what the server would refuse.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commandBehaviorSchema } from '../../src/chaos/behavior.ts';
import { FAULTS } from '../../src/chaos/faults/index.ts';
import { ALL_FAULTS, FAULT_FIELDS } from '../../ui/src/parts/behavior.ts';
import { fromBehavior, NO_CHAOS, toBehavior, validateChaos } from '../../ui/src/parts/chaos/chaos.ts';
import { splitOf } from '../../ui/src/parts/chaos/first-attempt.ts';
import { expectedProcess, expectedStep } from '../../ui/src/parts/chaos/whole-process.ts';

const percent = fc.integer({ min: 0, max: 100_000 }).map((thousandths) => thousandths / 1_000);
const percentages = fc.record(Object.fromEntries(FAULT_FIELDS.map((field) => [field, percent])));
const some = fc.record(Object.fromEntries(FAULT_FIELDS.map((field) => [field, fc.integer({ min: 0, max: 40 })])));

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

  test('a shortest delay of 0 stands beside a longest one', () => {
    expect(toBehavior({ ...NO_CHAOS, min_duration_ms: 0, max_duration_ms: 200 })).toEqual({
      min_duration_ms: 0,
      max_duration_ms: 200,
    });
  });
});

test('the page knows the faults that the service tries, in their order', () => {
  const tried = FAULTS.map(({ name, field }) => [name, field]);
  const known = ALL_FAULTS.map(({ fault }, index) => [fault, FAULT_FIELDS[index - 1] ?? 'fail_first_attempts']);
  expect(known.filter(([fault]) => tried.some(([name]) => name === fault))).toEqual(tried);
});

describe('the expected attempt', () => {
  test('each fault takes its share of what the ones before it left', () => {
    const { faults, success } = splitOf({
      fail_permanent_pct: 50,
      fail_transient_pct: 50,
      fail_business_rule_pct: 50,
      timeout_pct: 50,
      crash_pct: 50,
      corrupt_reply_pct: 100,
    });
    expect(faults).toEqual({
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
    expect(success).toBe(0);
  });

  test('the first attempts that are bound to fail leave nothing to the others', () => {
    const chaos = { fail_first_attempts: 2, fail_permanent_pct: 40 };
    expect(splitOf(chaos, 2)).toMatchObject({ faults: { first_attempts: 100, permanent: 0 }, success: 0 });
    expect(splitOf(chaos, 3)).toMatchObject({ faults: { first_attempts: 0, permanent: 40 }, success: 60 });
  });

  test('the parts are always the whole, and none is negative', () => {
    fc.assert(
      fc.property(percentages, (shares) => {
        const { faults, success } = splitOf(shares);
        const parts = [...Object.values(faults), success];
        expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(100, 8);
        expect(Math.min(...parts)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('the expected process', () => {
  const step = (chaos: object, compensated = true) => ({ key: 'step', chaos, compensated });

  test('without chaos all complete, each step at once', () => {
    expect(expectedProcess([step({}), step({})], 3)).toEqual({
      completed: 100,
      compensated: 0,
      failed: 0,
      in_troubleshooting: 0,
      attempts: 2,
    });
  });

  test('what fails for now is tried again until attempts run out', () => {
    // Half of each attempt fails: of 3 attempts all do in an eighth.
    expect(expectedStep({ fail_transient_pct: 50 }, 3)).toEqual({
      passed: 0.875,
      refused: 0,
      stuck: 0.125,
      attempts: 1.75,
    });
    expect(expectedStep({ fail_first_attempts: 3 }, 3)).toMatchObject({ passed: 0, stuck: 1, attempts: 3 });
    expect(expectedStep({ fail_first_attempts: 2 }, 3)).toMatchObject({ passed: 1, attempts: 3 });
  });

  test('a refusal is undone where there is something to undo, a duplicate is done, a corrupt reply stops', () => {
    const refused = step({ fail_business_rule_pct: 20 });
    expect(expectedProcess([{ ...refused, compensated: false }, refused], 3)).toMatchObject({
      failed: 20,
      compensated: 16,
      completed: 64,
    });
    expect(expectedProcess([step({ duplicate_pct: 100 })], 1).completed).toBe(100);
    expect(expectedProcess([step({ corrupt_reply_pct: 10 })], 1).in_troubleshooting).toBeCloseTo(10, 8);
  });

  test('chaos touches only what is in its scope', () => {
    expect(expectedProcess([step({ fail_permanent_pct: 100 }), step({})], 3, 25)).toEqual({
      completed: 75,
      compensated: 0,
      failed: 0,
      in_troubleshooting: 25,
      attempts: 1.75,
    });
  });

  test('every process ends somewhere, whatever is asked for', () => {
    fc.assert(
      fc.property(
        fc.array(some, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 0, max: 100 }),
        (steps, max_attempts, scope) => {
          const { attempts, ...endings } = expectedProcess(
            steps.map((chaos) => step(chaos)),
            max_attempts,
            scope,
          );
          const shares = Object.values(endings);
          expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(100, 6);
          expect(Math.min(...shares)).toBeGreaterThanOrEqual(0);
          expect(attempts).toBeLessThanOrEqual(steps.length * max_attempts);
        },
      ),
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
  ])('refuses %s', (_what, change, fields) => {
    expect(errorsOf(change)).toEqual(fields);
  });

  test('takes a fixed delay, and looks at a response only where one is sent', () => {
    expect(errorsOf({ min_duration_ms: 100, max_duration_ms: 100 })).toEqual([]);
    expect(errorsOf({ send_response: false, response_data: '{oops' })).toEqual([]);
  });
});
