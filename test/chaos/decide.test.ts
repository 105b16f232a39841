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
const ORDER = [
  'first_attempts',
  'permanent',
  'transient',
  'business_rule',
  'timeout',
  'crash',
  'connection_lost',
  'lost_ack',
  'duplicate',
  'corrupt_reply',
];

test('faults are tried in the documented order, each under a name and a field of its own', () => {
  expect(FAULTS.map((fault) => fault.name)).toEqual(ORDER);
  expect(new Set(FAULTS.map((fault) => fault.field)).size).toBe(FAULTS.length);
  expect(new Set(FAULTS.map((fault) => fault.order)).size).toBe(FAULTS.length);
  const named = (results_in: string) =>
    FAULTS.filter((fault) => fault.results_in === results_in).map(({ name }) => name);
  expect(named('lease_expired')).toEqual(['timeout', 'crash', 'lost_ack']);
  expect(named('transient')).toEqual(['first_attempts', 'transient', 'connection_lost']);
  expect(named('success')).toEqual(['duplicate', 'corrupt_reply']);
});

test('with all at 100 percent the first wins; each wins when those before it are off', () => {
  const certain: CommandBehavior = { min_duration_ms: 5 };
  for (const { field } of FAULTS) certain[field] = 100;
  const won = [decide(certain, source).kind];
  for (const { field } of FAULTS) {
    certain[field] = field === 'fail_transient_pct' ? null : 0;
    won.push(decide(certain, source).kind);
  }
  expect(won).toEqual([...ORDER, 'none']);
});

test('a delay comes before all work, before failures where asked for, and never before a hang', () => {
  const delays = (behavior: CommandBehavior) =>
    Object.fromEntries(
      FAULTS.map(({ name, field }) => [
        name,
        decide({ ...behavior, [field]: 100, min_duration_ms: 5 }, source).duration_ms,
      ]),
    );
  const work = { crash: 5, lost_ack: 5, duplicate: 5, corrupt_reply: 5 };
  const failures = ['first_attempts', 'permanent', 'transient', 'business_rule', 'connection_lost'];
  const each = (duration_ms: number) => Object.fromEntries(failures.map((name) => [name, duration_ms]));
  expect(delays({})).toEqual({ ...work, ...each(0), timeout: 0 });
  expect(delays({ delay_failures: false })).toEqual({ ...work, ...each(0), timeout: 0 });
  expect(delays({ delay_failures: true })).toEqual({ ...work, ...each(5), timeout: 0 });
  expect(decide({ min_duration_ms: 5 }, source)).toEqual({ kind: 'none', duration_ms: 5 });
});

test('the first attempts fail, and no other, whatever else is asked for', () => {
  for (let attempt = 1; attempt <= 5; attempt++) {
    const { kind } = decide({ fail_first_attempts: 3, fail_permanent_pct: 100 }, { ...source, attempt });
    expect(kind).toBe(attempt <= 3 ? 'first_attempts' : 'permanent');
  }
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
