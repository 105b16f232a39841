// What a verdict reads of commands and attempts comes as text between separators: whatever a handler or a hand wrote there, it is read as
// it is, or violates; it never breaks the verdict.

import { PermanentCommandError, TransientCommandError } from 'faultline';
import type pg from 'pg';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Tx } from '../../src/db/pool.ts';
import { withSnapshot } from '../../src/db/queries/read-snapshot.ts';
import type { Application } from '../../src/process/application.ts';
import { defineProcess } from '../../src/process/define.ts';
import { readVerifiedCommands } from '../../src/verification/queries/verified-commands.ts';
import { lookUpByKey, readVerifiedBatch, type VerifiedBatch } from '../../src/verification/queries/verify.ts';
import { openVerdictLab } from './lab.ts';

const CODE = 'A\x1fB\x1eC "quoted" \\ \n{,}=';
const BEHAVIOR = { odd: { fail_first_attempts: 1 } };

const odd = defineProcess({
  type: 'Odd',
  version: 1,
  domain: 'odd',
  input: z.strictObject({}),
  state: z.looseObject({ ordinal: z.number() }),
  start: (_input, { ordinal }) => ({ ordinal }),
  steps: [{ key: 'odd', command: 'Odd\x1fcommand\x1e"', request: ({ ordinal }) => ({ ordinal }) }],
});

/** Succeeds at 0; fails once at 1 and for good at 2, with a code of its own. */
const application: Application = {
  name: 'odd',
  processes: [odd],
  register(registry) {
    const seen = new Set<number>();
    registry.register<{ ordinal: number }>('odd', 'Odd\x1fcommand\x1e"', ({ ordinal }) => {
      if (ordinal === 2) throw new PermanentCommandError(CODE, 'for good');
      if (ordinal === 1 && !seen.has(ordinal)) {
        seen.add(ordinal);
        throw new TransientCommandError(CODE, 'once');
      }
      return { ordinal };
    });
  },
};

/** The others succeed, and one after another is written to by hand. */
const FIRST_DAMAGED = 3;
const DAMAGED = [
  ...['an outcome', 'an effect', 'a fault', 'a step', 'a behavior', 'a list', 'a list of another'],
  ...['an outcome that holds an effect', 'an attempt that holds the next'],
];

const lab = await openVerdictLab({ application: () => application });
const { pool } = lab.database;
const worker = await lab.work();
const batch_id = await lab.launch({
  count: FIRST_DAMAGED + DAMAGED.length,
  input: {},
  seed: 'odd',
  behavior: BEHAVIOR,
});
await lab.untilRest(batch_id);
// Whoever counts batches would write to one that is being written to by hand.
await worker.stop();

/** `results` gets what each row says of the result. */
const readAll = (behavior: Record<string, unknown> | null, results: unknown[] = []) =>
  withSnapshot(pool, async (tx) => {
    await lookUpByKey(tx);
    const watched = {
      async query(query: pg.QueryArrayConfig) {
        const answer = await tx.query(query);
        results.push(...(answer.rows as unknown as unknown[][]).map((row) => row[3]));
        return answer;
      },
    } as unknown as Tx;
    const batch = (await readVerifiedBatch(tx, batch_id)) as VerifiedBatch;
    const slice = { batch: { ...batch, behavior }, from: 0, to: FIRST_DAMAGED + DAMAGED.length };
    return readVerifiedCommands(watched, slice);
  });

test('records are read as they were written', async () => {
  const marked = { attempt: 1, outcome: 'transient', effect: 'RETRY', fault: 'first_attempts', reason: null };
  const [plain, once, parked] = (await readAll(BEHAVIOR)).map(({ record }) => record);
  expect(plain).toMatchObject({
    ...{ purpose: 'step', type: 'Odd\x1fcommand\x1e"', step: 'odd', status: 'COMPLETED', attempts: 2, max_attempts: 3 },
    ...{ attempts_limit: 3, error_code: null, annotated: true, own: true, behavior: true, suppressed: null },
    attempted: [
      marked,
      { attempt: 2, outcome: 'success', effect: 'COMPLETED', fault: null, error_code: null, span: null },
    ],
  });
  expect(once?.attempted).toMatchObject([
    marked,
    { attempt: 2, outcome: 'transient', effect: 'RETRY', fault: null, error_code: CODE },
    { attempt: 3, outcome: 'success' },
  ]);
  const { from_ms, to_ms } = once?.attempted[1]?.span ?? { from_ms: 0, to_ms: -1 };
  expect(from_ms).toBeGreaterThan(Date.now() - 600_000);
  expect(to_ms).toBeGreaterThanOrEqual(from_ms);
  expect(parked).toMatchObject({ status: 'IN_TROUBLESHOOTING_QUEUE', error_code: CODE });
});

test('another behavior than that of the launch comes as JSON', async () => {
  const [command] = await readAll({ odd: { fail_first_attempts: 2 } });
  expect(JSON.parse(command?.record.behavior as string)).toEqual(BEHAVIOR.odd);
  const [other] = await readAll(null);
  expect(JSON.parse(other?.record.behavior as string)).toEqual(BEHAVIOR.odd);
});

test('only what really failed violates', async () => {
  const { failed, details } = await lab.verify(batch_id);
  expect(failed).toEqual(['no_real_failures', 'as_predicted']);
  expect(details.filter((detail) => detail.startsWith('no_real_failures'))).toHaveLength(2);
});

async function countViolations(): Promise<number> {
  const verified = await lab.laboratory.verify(batch_id);
  return verified?.checks.reduce((sum, { violations }) => sum + violations, 0) ?? -1;
}

/** The words of the first attempt as they were, and the beginning of the next: both would read as whole. */
const FORGED = [
  'transient',
  'RETRY',
  'first_attempts',
  '',
  '"CHAOS_FIRST_ATTEMPTS"',
  '"Chaos: one of the first attempts."',
  '0',
  '',
  '',
  '',
]
  .join('\\x1f')
  .concat('\\x1e2\\x1fsuccess');

const OF_COMMAND =
  'command_id = (select p.command_ids[1] from faultline.process p where p.batch_id = $1 and p.ordinal = $2)';

test.each([
  ['an outcome', `update faultline.attempt set outcome = E'success\\x1f' where attempt = 2 and ${OF_COMMAND}`],
  ['an effect', `update faultline.attempt set effect = E'COMPLETED\\x1e' where attempt = 2 and ${OF_COMMAND}`],
  ['a fault', `update faultline.attempt set fault = E'\\x1f"' where attempt = 2 and ${OF_COMMAND}`],
  ['a step', `update faultline.command set step = E'odd\\x1f\\x1e"' where ${OF_COMMAND}`],
  ['a behavior', `update e2e.test_command set behavior = '"="' where ${OF_COMMAND}`],
  [
    'a list',
    'update faultline.process set command_ids = command_ids || command_ids where batch_id = $1 and ordinal = $2',
  ],
  [
    'an outcome that holds an effect',
    `update faultline.attempt set outcome = E'success\\x1fCOMPLETED', effect = '' where attempt = 2 and ${OF_COMMAND}`,
  ],
  [
    'an attempt that holds the next',
    `with gone as (delete from faultline.attempt where attempt = 2 and ${OF_COMMAND})
     update faultline.attempt set effect = 'COMPLETED', fault = null, error_code = null, error_message = null, retry_at = null,
       outcome = E'${FORGED}' where attempt = 1 and ${OF_COMMAND}`,
  ],
  [
    'a list of another',
    `update faultline.process p set command_ids = q.command_ids from faultline.process q
     where p.batch_id = $1 and p.ordinal = $2 and q.batch_id = $1 and q.ordinal = $2 - 1`,
  ],
])('%s that was written by hand violates', async (what, damage) => {
  const before = await countViolations();
  const { rowCount } = await pool.query(damage, [batch_id, FIRST_DAMAGED + DAMAGED.indexOf(what)]);
  expect(rowCount).toBe(1);
  expect(await countViolations()).toBeGreaterThan(before);
});

test('an attempt that holds the next is told as what it is', async () => {
  const { details } = await lab.verify(batch_id);
  expect(details.filter((detail) => detail.endsWith('odd: attempts cannot be, by the rows beside it'))).not.toEqual([]);
});

test('however many attempts a command has, all are read, and its result comes with the first', async () => {
  const { rows } = await pool.query(
    `insert into faultline.attempt (command_id, lane, attempt, claim_id, started_at, ended_at, outcome, effect, error_code, purpose)
     select p.command_ids[1], p.lane, n, gen_random_uuid(), now() + n * interval '1 ms', now() + n * interval '2 ms', 'transient', 'RETRY', 'E' || n, 'step'
     from faultline.process p, generate_series(10, 5000) n where p.batch_id = $1 and p.ordinal = 1 returning attempt`,
    [batch_id],
  );
  const results: unknown[] = [];
  const command = (await readAll(BEHAVIOR, results))[1];
  expect(results.filter((result) => (result as { ordinal: number } | null)?.ordinal === 1)).toHaveLength(1);
  expect(results.length).toBeGreaterThan(rows.length);
  expect(command?.record.attempted).toHaveLength(3 + rows.length);
  expect(command?.record.attempted.at(-1)).toMatchObject({ attempt: 5000, error_code: 'E5000' });
  expect(command?.result).toEqual({ ordinal: 1 });
});
