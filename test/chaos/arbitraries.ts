// Arbitrary chaos, for properties: behaviors that the schema takes, and what rolls are drawn from.

import fc from 'fast-check';
import type { CommandBehavior } from '../../src/chaos/behavior.ts';
import type { RollSource } from '../../src/chaos/roll.ts';

const percent = fc.oneof(fc.constantFrom(0, 100), fc.double({ min: 0, max: 100, noNaN: true }).map(Math.abs));
const ms = fc.oneof(fc.constantFrom(0, 1), fc.integer({ min: 0, max: 3_600_000 }));
const bounds = fc
  .tuple(ms, ms, fc.constantFrom(undefined, null, 'uniform' as const, 'normal' as const, 'lognormal' as const))
  .map(([a, b, shape]) => ({
    min_duration_ms: Math.min(a, b),
    max_duration_ms: Math.max(a, b),
    ...(shape === undefined ? {} : { duration_shape: shape }),
  }));
const fixed = fc.record({ duration_shape: fc.constant('fixed' as const), max_duration_ms: ms });

// NUL bytes and halves of pairs are refused, so they are not drawn; `grapheme` gives whole characters only.
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).map((drawn) => drawn.replaceAll('\0', '0'));

/** JSON objects whose numbers survive a document: PostgreSQL keeps no negative zero. */
const data = fc.dictionary(
  text.filter((key) => key !== '__proto__'),
  fc.oneof(fc.integer(), fc.boolean(), fc.constant(null), text, fc.array(fc.integer(), { maxLength: 3 })),
  { maxKeys: 4 },
);

export const behaviorArbitrary: fc.Arbitrary<CommandBehavior> = fc
  .tuple(
    fc.record(
      {
        fail_permanent_pct: fc.option(percent),
        fail_transient_pct: fc.option(percent),
        fail_business_rule_pct: fc.option(percent),
        timeout_pct: fc.option(percent),
        crash_pct: fc.option(percent),
        connection_lost_pct: fc.option(percent),
        lost_ack_pct: fc.option(percent),
        duplicate_pct: fc.option(percent),
        corrupt_reply_pct: fc.option(percent),
        fail_first_attempts: fc.option(fc.integer({ min: 0, max: 100 })),
        delay_failures: fc.option(fc.boolean()),
        error_code: fc.option(text),
        error_message: fc.option(text),
        send_response: fc.option(fc.boolean()),
        response_data: fc.option(data),
      },
      { requiredKeys: [] },
    ),
    fc.oneof(bounds, fixed, fc.constant({})),
  )
  .map(([fields, duration]) => ({ ...fields, ...duration }));

export const sourceArbitrary: fc.Arbitrary<RollSource> = fc.record({
  seed: fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/),
  key: fc.oneof(fc.nat(99_999), fc.uuid()),
  step: fc.constantFrom('query', 'aggregation', 'render', 'query#2'),
  attempt: fc.integer({ min: 1, max: 1000 }),
});
