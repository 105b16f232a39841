// The schedule of turbulence, by property: in its time, never twice, never made up for; and what is allowed on which database.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TURBULENCE_KINDS, type Turbulence, turbulenceSchema } from '../../src/chaos/experiment.ts';
import {
  allowedTurbulence,
  assertTurbulenceAllowed,
  disallowedTurbulence,
  nextTurbulence,
  type TurbulenceOccurrences,
} from '../../src/chaos/turbulence.ts';
import { TurbulenceNotAllowedError } from '../../src/model/errors.ts';

const every = fc.option(fc.integer({ min: 1_000, max: 20_000 }));
const turbulence: fc.Arbitrary<Turbulence> = fc
  .record({
    kill_worker_every_ms: every,
    restart_postgres_every_ms: every,
    terminate_backends_every_ms: every,
    pause_postgres_every_ms: every,
    pause_ms: fc.constant(500),
    for_ms: fc.option(fc.integer({ min: 1_000, max: 60_000 })),
  })
  .filter((document) => turbulenceSchema.safeParse(document).success);

/** Times of checks, in ms since the launch: frequent, or with long gaps. */
const looks = fc
  .array(fc.oneof(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 1, max: 30_000 })), { maxLength: 100 })
  .map((gaps) => gaps.map((_, index) => gaps.slice(0, index + 1).reduce((sum, gap) => sum + gap, 0)));

interface Deed {
  kind: string;
  due_ms: number;
  nth: number;
  /** When it was done. */
  at_ms: number;
}

/** Does at every look what is due then, as the supervisor would. */
function live(document: Turbulence, at: readonly number[]): Deed[] {
  const done: TurbulenceOccurrences = {};
  return at.flatMap((at_ms) =>
    nextTurbulence(document, at_ms, done)
      .filter(({ due_ms }) => due_ms <= at_ms)
      .map(({ kind, due_ms, nth }) => {
        done[kind] = { due_ms, nth };
        return { kind, due_ms, nth, at_ms };
      }),
  );
}

const spanOf = (document: Turbulence, kind: string) => document[`${kind}_every_ms` as 'kill_worker_every_ms'] as number;

describe('the schedule', () => {
  test('each is done at a multiple of its span, counted from 1, each multiple once, and only before for_ms', () => {
    fc.assert(
      fc.property(turbulence, looks, (document, at) => {
        const deeds = live(document, at);
        for (const kind of TURBULENCE_KINDS) {
          const own = deeds.filter((deed) => deed.kind === kind);
          expect(own.map(({ nth }) => nth)).toEqual(own.map((_, index) => index + 1));
          for (const [index, { due_ms, at_ms }] of own.entries()) {
            expect(due_ms % spanOf(document, kind)).toBe(0);
            expect(due_ms).toBeGreaterThan(own[index - 1]?.due_ms ?? 0);
            expect(at_ms).toBeLessThan(document.for_ms ?? Number.POSITIVE_INFINITY);
          }
        }
      }),
    );
  });

  test('of what was missed only the latest is done', () => {
    fc.assert(
      fc.property(turbulence, looks, (document, at) => {
        for (const { kind, due_ms, at_ms } of live(document, at)) {
          expect(at_ms - due_ms).toBeGreaterThanOrEqual(0);
          expect(at_ms - due_ms).toBeLessThan(spanOf(document, kind));
        }
      }),
    );
  });

  test('checks within every interval miss none', () => {
    fc.assert(
      fc.property(turbulence, fc.integer({ min: 1, max: 900 }), (document, gap) => {
        const at = Array.from({ length: Math.ceil(30_000 / gap) }, (_, index) => (index + 1) * gap);
        const last_ms = Math.min(at.at(-1) ?? 0, (document.for_ms ?? Number.POSITIVE_INFINITY) - gap);
        const deeds = live(document, at);
        for (const kind of TURBULENCE_KINDS) {
          const wanted = spanOf(document, kind) ? Math.floor(last_ms / spanOf(document, kind)) : 0;
          expect(deeds.filter((deed) => deed.kind === kind).length).toBeGreaterThanOrEqual(Math.max(wanted, 0));
        }
      }),
    );
  });

  test('what comes next is told before it is due, the soonest first', () => {
    const document = { kill_worker_every_ms: 5_000, pause_postgres_every_ms: 4_000, for_ms: 12_000 };
    expect(nextTurbulence(document, 0, {})).toEqual([
      { kind: 'pause_postgres', due_ms: 4_000, nth: 1 },
      { kind: 'kill_worker', due_ms: 5_000, nth: 1 },
    ]);
    const done = { kill_worker: { due_ms: 10_000, nth: 2 }, pause_postgres: { due_ms: 4_000, nth: 1 } };
    // The kill of 15,000 is too late, and so is what would be due when it is over.
    expect(nextTurbulence(document, 10_500, done)).toEqual([{ kind: 'pause_postgres', due_ms: 8_000, nth: 2 }]);
    expect(nextTurbulence(document, 11_000, { ...done, pause_postgres: { due_ms: 8_000, nth: 2 } })).toEqual([]);
    expect(nextTurbulence(document, 12_000, done)).toEqual([]);
  });
});

describe('what is allowed', () => {
  test.each([
    ['embedded', 'linux', TURBULENCE_KINDS],
    ['embedded', 'win32', ['kill_worker', 'restart_postgres', 'terminate_backends']],
    ['allowed', 'linux', ['kill_worker', 'terminate_backends']],
    ['', 'linux', []],
    ['yes', 'linux', []],
    [undefined, 'linux', []],
  ] as const)('with capability %j on %s: %j', (capability, platform, kinds) => {
    expect(allowedTurbulence(capability, platform)).toEqual(kinds);
  });

  test('a document names what it asks for beyond that, and nothing else', () => {
    const document = { kill_worker_every_ms: 1_000, restart_postgres_every_ms: null, pause_postgres_every_ms: 60_000 };
    expect(disallowedTurbulence(document, [])).toEqual(['kill_worker_every_ms', 'pause_postgres_every_ms']);
    expect(disallowedTurbulence(document, allowedTurbulence('allowed'))).toEqual(['pause_postgres_every_ms']);
    expect(disallowedTurbulence(document, TURBULENCE_KINDS)).toEqual([]);
    expect(disallowedTurbulence({ pause_ms: 500, for_ms: 9_000 }, [])).toEqual([]);
    expect(disallowedTurbulence(null, [])).toEqual([]);
  });

  test('an experiment that asks for too much is refused, and one without turbulence is not', () => {
    expect(() => assertTurbulenceAllowed({ turbulence: { pause_postgres_every_ms: 9_000 } }, [])).toThrow(
      TurbulenceNotAllowedError,
    );
    assertTurbulenceAllowed({ turbulence: null }, []);
    assertTurbulenceAllowed(null, []);
  });
});
