// A real bus driven at random: commands and processes go only where the tables of transitions say, by whom they say, and by every
// one of them; attempts, delays and limits are those of a model that counts failures and lost leases, and the audit of each command
// is what the model wrote down.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { COMMAND_TRANSITIONS, DEADLINE_ACTIONS } from '../../src/model/command.ts';
import { PROCESS_TRANSITIONS } from '../../src/model/process.ts';
import { MAX_LEASE_LOSSES } from '../../src/model/retry.ts';
import { chain, openLab } from '../process/lab.ts';
import { atLeast, SEED, timeLimit } from '../support/random.ts';
import { type Drawn, FOUND } from './found-walks.ts';
import { arrow, BACKOFF_MS, MAX_ATTEMPTS, type Operation, OUTCOMES, type Verb, Walk } from './walk.ts';

const which = fc.nat(1_000);
const outcomes = Object.keys(OUTCOMES) as (keyof typeof OUTCOMES)[];
const verbs: Verb[] = ['retry', 'cancel', 'complete', 'cut'];

function some<T extends Operation>(weight: number, fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) {
  return { weight, arbitrary: fc.record(fields) as unknown as fc.Arbitrary<Operation> };
}

const operation = fc.oneof(
  some<Operation>(6, { what: fc.constant('claim'), which }),
  some<Extract<Operation, { what: 'settle' }>>(12, {
    what: fc.constant('settle'),
    which,
    outcome: fc.oneof({ weight: 5, arbitrary: fc.constant('success' as const) }, fc.constantFrom(...outcomes)),
  }),
  some<Extract<Operation, { what: 'lose' }>>(2, {
    what: fc.constant('lose'),
    which,
    times: fc.constantFrom(1, 1, 1, MAX_LEASE_LOSSES + 1),
  }),
  some<Extract<Operation, { what: 'verb' }>>(6, { what: fc.constant('verb'), which, verb: fc.constantFrom(...verbs) }),
  some<Extract<Operation, { what: 'deadline' }>>(2, {
    what: fc.constant('deadline'),
    which,
    action: fc.constantFrom(...DEADLINE_ACTIONS),
  }),
  some<Operation>(1, { what: fc.constant('stale'), which }),
);

const walks: fc.Arbitrary<Drawn> = fc.record({
  operations: fc.array(operation, { minLength: 20, maxLength: 60, size: 'max' }),
  cancel_at: fc.nat(80),
  throw_at: fc.array(fc.nat(60), { maxLength: 4 }),
  undo: fc.constantFrom('success' as const, 'permanent' as const),
  by_hand: fc.constantFrom('complete' as const, 'cancel' as const),
});

const throwing = { walk: undefined as Walk | undefined };
const trip = chain(['book', 'pay', 'mail'], {
  undo: ['book', 'pay'],
  code: (place) => {
    if (throwing.walk?.throws && (place === 'onReply' || place === 'compensate')) throw new Error('oops');
  },
});
/** Nothing of it can be undone. */
const plain = chain(['look'], { type: 'Plain', undo: [] });
const policy = { max_attempts: MAX_ATTEMPTS, backoff_ms: BACKOFF_MS, lease_ms: 600_000 };
const lab = await openLab({ processes: [trip, plain] });

async function launch(): Promise<string> {
  const batch_id = await lab.launch(trip, { count: 3, policy });
  await lab.launch(plain, { count: 2, policy });
  return batch_id;
}

/** From empty tables to the end of all that was launched. `seen` is given every transition. */
async function walkThrough({ operations, cancel_at, throw_at, undo, by_hand }: Drawn, seen: Set<string>) {
  throwing.walk = undefined;
  const walk = await Walk.begin(lab, seen, launch);
  throwing.walk = walk;
  for (const [index, op] of operations.entries()) {
    if (throw_at.includes(index)) walk.throws = !walk.throws;
    if (index === cancel_at) await walk.take({ what: 'cancel_batch', which: 0 });
    await walk.take(op);
  }
  walk.throws = false;
  for (let round = 0; !walk.over; round++) {
    expect(round).toBeLessThan(30);
    for (let n = walk.count('PENDING'); n > 0; n -= 3) await walk.take({ what: 'claim', which: 2 });
    // In turns, so that all that is under way is refused as a step, and does as it was drawn as a compensation.
    for (let n = walk.count('IN_PROGRESS'); n > 0; n--)
      await walk.take({ what: 'settle', which: 0, outcome: round === 0 ? 'business_rule' : undo });
    for (let n = walk.count('IN_TROUBLESHOOTING_QUEUE'); n > 0; n--)
      await walk.take({ what: 'verb', which: 0, verb: by_hand });
  }
  await walk.compareAudit();
  const { rows } = await lab.pool.query(
    `select status from faultline.process where completed_at is null and error_code is distinct from 'ADVANCE_FAILED'`,
  );
  expect(rows).toEqual([]);
}

test('only transitions of the tables occur, and all of them; every process comes to an end', {
  timeout: timeLimit(240_000),
}, async () => {
  const seen = new Set<string>();
  const property = fc.asyncProperty(walks, (drawn) => walkThrough(drawn, seen));
  const table = [
    ...COMMAND_TRANSITIONS.map(({ from, to, by }) => `command ${arrow(from, to, by)}`),
    ...PROCESS_TRANSITIONS.map(({ from, to }) => `process ${arrow(from, to)}`),
  ];
  const unseen = () => table.filter((one) => !seen.has(one));
  await fc.assert(property, { numRuns: atLeast(30) });
  // Some need several rare things in a row: walks are drawn until they have occurred too.
  for (let more = 1; more <= 10 && unseen().length > 0; more++)
    await fc.assert(property, { numRuns: 20, seed: SEED + more });
  expect(unseen()).toEqual([]);
});

test.each(Object.entries(FOUND))('a walk that once went wrong: %s', (_, drawn) => walkThrough(drawn, new Set()));
