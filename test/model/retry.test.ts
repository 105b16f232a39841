// Rounds and delays, against a plain count of the attempts that were really failures.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { retryDelay, retryRound, withJitter } from '../../src/model/retry.ts';

test.each([
  [1, 10],
  [2, 20],
  [3, 30],
  [4, 30],
  [100, 30],
])('round %i waits %i ms: the last delay repeats', (round, delay_ms) => {
  expect(retryDelay(round, [10, 20, 30])).toBe(delay_ms);
});

test('the round is the first one after an operator retry, however often it was tried before', () => {
  // attempts_limit = attempts + max_attempts, as the verb writes it; then one more attempt.
  expect(retryRound({ attempts: 41, attempts_limit: 40 + 3, max_attempts: 3 })).toBe(1);
});

test('interruptions move no round on and take no attempt away; an operator retry gives all of them back', () => {
  const happenings = fc.array(fc.constantFrom('failed', 'interrupted', 'parked by hand'), { maxLength: 300 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), happenings, (max_attempts, sequence) => {
      const command = { attempts: 0, attempts_limit: max_attempts, max_attempts };
      let failures = 0;
      for (const happened of sequence) {
        command.attempts++;
        if (happened === 'interrupted') {
          command.attempts_limit++;
          continue;
        }
        failures++;
        expect(retryRound(command)).toBe(failures);
        const exhausted = command.attempts >= command.attempts_limit;
        expect(exhausted).toBe(failures === max_attempts);
        if (!exhausted && happened === 'failed') continue;
        // Parked, with or without attempts left: an operator retries.
        command.attempts_limit = command.attempts + max_attempts;
        failures = 0;
      }
    }),
  );
});

test('every round has a delay of the policy', () => {
  const delays = fc.array(fc.integer({ min: 0, max: 86_400_000 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), delays, (round, backoff_ms) => {
      expect(retryDelay(round, backoff_ms)).toBe(backoff_ms[Math.min(round, backoff_ms.length) - 1]);
    }),
  );
});

describe('C12: jitter', () => {
  const delay = fc.integer({ min: 0, max: 86_400_000 });
  const percent = fc.integer({ min: 0, max: 100 });
  const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  test('shortens a delay by at most that percent of it, and never makes it longer', () => {
    fc.assert(
      fc.property(delay, percent, draw, (delay_ms, jitter_pct, drawn) => {
        const shortened = withJitter(delay_ms, jitter_pct, drawn);
        expect(Number.isInteger(shortened)).toBe(true);
        expect(shortened).toBeLessThanOrEqual(delay_ms);
        expect(shortened).toBeGreaterThanOrEqual(Math.floor(delay_ms * (1 - jitter_pct / 100)));
      }),
    );
  });

  test('is uniform between the two: half a draw is half of it', () => {
    expect([0, 0.25, 0.5, 0.999].map((drawn) => withJitter(10_000, 40, drawn))).toEqual([10_000, 9_000, 8_000, 6_004]);
  });

  test('of nothing leaves every delay as it is', () => {
    fc.assert(fc.property(delay, draw, (delay_ms, drawn) => withJitter(delay_ms, 0, drawn) === delay_ms));
    fc.assert(fc.property(delay, draw, (delay_ms, drawn) => withJitter(delay_ms, undefined, drawn) === delay_ms));
  });
});
