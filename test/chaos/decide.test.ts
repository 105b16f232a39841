// Decisions: the order of faults, what needs no roll, and that nothing but the arguments goes in.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CommandBehavior } from '../../src/chaos/behavior.ts';
import { decide } from '../../src/chaos/decide.ts';
import { durationBounds } from '../../src/chaos/duration.ts';
import { FAULTS } from '../../src/chaos/faults/index.ts';
import { roll } from '../../src/chaos/roll.ts';
import { behaviorArbitrary, sourceArbitrary } from './arbitraries.ts';

const source = { seed: 'demo', key: 7, step: 'query', attempt: 1 };
const ORDER = ['permanent', 'transient', 'business_rule', 'timeout'];

test('faults are tried in the documented order, each under a name and a field of its own', () => {
  expect(FAULTS.map((fault) => fault.name)).toEqual(ORDER);
  expect(new Set(FAULTS.map((fault) => fault.field)).size).toBe(FAULTS.length);
  expect(new Set(FAULTS.map((fault) => fault.order)).size).toBe(FAULTS.length);
  expect(FAULTS.filter((fault) => fault.comes_to === 'lease_expired').map((fault) => fault.name)).toEqual(['timeout']);
});

test('with all at 100 percent the first wins; each wins when those before it are off', () => {
  const certain: CommandBehavior = {
    fail_permanent_pct: 100,
    fail_transient_pct: 100,
    fail_business_rule_pct: 100,
    timeout_pct: 100,
    min_duration_ms: 5,
  };
  const fields = ['fail_permanent_pct', 'fail_transient_pct', 'fail_business_rule_pct', 'timeout_pct'] as const;
  const won = [decide(certain, source)];
  for (const field of fields) {
    certain[field] = field === 'fail_transient_pct' ? null : 0;
    won.push(decide(certain, source));
  }
  expect(won).toEqual([...ORDER.map((kind) => ({ kind })), { kind: 'none', duration_ms: 5 }]);
});

test('an empty behavior does nothing', () => {
  expect(decide({}, source)).toEqual({ kind: 'none', duration_ms: 0 });
});

test('is the first fault whose own roll is below its percentage', () => {
  fc.assert(
    fc.property(behaviorArbitrary, sourceArbitrary, (behavior, from) => {
      const expected = FAULTS.find(({ name, percent }) => {
        return roll(from.seed, from.key, from.step, from.attempt, name) * 100 < percent(behavior, from.attempt);
      });
      const { kind } = decide(behavior, from);
      expect(kind).toBe(expected?.name ?? 'none');
    }),
  );
});

test('the same arguments give the same injection, and fields that are no percentages change no fault', () => {
  fc.assert(
    fc.property(behaviorArbitrary, sourceArbitrary, (behavior, from) => {
      const injection = decide(behavior, from);
      expect(decide(structuredClone(behavior), { ...from })).toEqual(injection);
      const other = { ...behavior, error_code: 'OTHER', send_response: true, min_duration_ms: 1, max_duration_ms: 9 };
      expect(decide(other, from).kind).toBe(injection.kind);
      if (injection.kind === 'none' && durationBounds(behavior) === null) expect(injection.duration_ms).toBe(0);
    }),
  );
});

test('a higher percentage keeps every hit of a lower one', () => {
  for (let key = 0; key < 500; key++) {
    const low = decide({ fail_transient_pct: 10 }, { ...source, key });
    const high = decide({ fail_transient_pct: 40 }, { ...source, key });
    if (low.kind === 'transient') expect(high.kind).toBe('transient');
  }
});

test('hits as often as asked for, independently of the faults before', () => {
  const counts: Record<string, number> = {};
  const behavior = { fail_permanent_pct: 10, fail_transient_pct: 20, fail_business_rule_pct: 30, timeout_pct: 40 };
  const n = 50_000;
  for (let key = 0; key < n; key++) {
    const { kind } = decide(behavior, { ...source, key });
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  const shares = { permanent: 0.1, transient: 0.18, business_rule: 0.216, timeout: 0.2016, none: 0.3024 };
  for (const [kind, share] of Object.entries(shares)) {
    // Five standard deviations of a binomial.
    expect(Math.abs((counts[kind] ?? 0) - n * share)).toBeLessThan(5 * Math.sqrt(n * share * (1 - share)));
  }
});
