// Faults that fail an attempt for now: the first ones of every command, and those whose connections break under their handler.

import { expect, test } from 'vitest';
import type { HandlerContext } from '../../src/bus/handlers.ts';
import { isConnectionError, withTx } from '../../src/db/pool.ts';
import { BusinessRuleError } from '../../src/model/errors.ts';
import { openLab, type Seen, work } from './lab.ts';

/** What the next handler does. */
let handle: (payload: unknown, context: HandlerContext) => unknown = (payload) => payload;
const lab = await openLab({ handler: (payload, context) => handle(payload, context) });
await lab.work();
const query = () => lab.service.context.pool.query('select 1');

test('the first attempts fail, marked, and the next one does the work', async () => {
  let calls = 0;
  handle = () => ++calls;
  const policy = { max_attempts: 4, backoff_ms: [0], lease_ms: 30_000 };
  const failed = {
    outcome: 'transient',
    effect: 'RETRY',
    error_code: 'CHAOS_FIRST_ATTEMPTS',
    error_message: 'Chaos: one of the first attempts.',
    fault: 'first_attempts',
  };
  expect(await lab.run(work({ fail_first_attempts: 2 }, { policy }))).toMatchObject({
    status: 'COMPLETED',
    result: 1,
    attempts: [failed, failed, { outcome: 'success', error_code: null, fault: null }],
  });
});

test('more first attempts than it has exhaust a command, under the code of the behavior', async () => {
  const behavior = { fail_first_attempts: 2, error_code: 'BANK_CLOSED', error_message: 'Come back.' };
  const failed = { error_code: 'BANK_CLOSED', error_message: 'Come back.', fault: 'first_attempts' };
  expect(await lab.run(work(behavior))).toMatchObject({
    status: 'IN_TROUBLESHOOTING_QUEUE',
    park_reason: 'EXHAUSTED',
    attempts: [failed, failed],
    handled: false,
  });
});

const LOST = {
  outcome: 'transient',
  error_code: 'CHAOS_CONNECTION_LOST',
  error_message: 'Chaos: the connection to the database was lost.',
  fault: 'connection_lost',
};
const EXHAUSTED = {
  status: 'IN_TROUBLESHOOTING_QUEUE',
  park_reason: 'EXHAUSTED',
  attempts: [
    { ...LOST, effect: 'RETRY' },
    { ...LOST, effect: 'TSQ' },
  ],
};
const lost = (fields: object = {}): Promise<Seen> => lab.run(work({ connection_lost_pct: 100, ...fields }));

test('every use of the pool under a lost connection meets a genuine error', async () => {
  const { pool } = lab.service.context;
  const errors: unknown[] = [];
  handle = async () => {
    for (const use of [query, () => withTx(pool, (tx) => tx.query('select 1'))])
      await use().catch((error: unknown) => errors.push(error));
    throw errors[0];
  };
  expect(await lost()).toMatchObject(EXHAUSTED);
  expect(errors.map(isConnectionError)).toEqual([true, true, true, true]);
});

test.each([
  ['catches it', () => query().catch(() => 'all is well')],
  ['needs no connection', () => 'all is well'],
  ['fails of something else', () => Promise.reject(new BusinessRuleError('NO_MONEY', 'None.'))],
])('a handler that %s fails all the same, so that it can be predicted', async (_, handler) => {
  handle = handler;
  expect(await lost()).toMatchObject({ ...EXHAUSTED, handled: true });
});

test('the code of the behavior takes the place of the default', async () => {
  expect((await lost({ error_code: 'NET_DOWN' })).attempts).toMatchObject([
    { error_code: 'NET_DOWN', fault: 'connection_lost' },
    { error_code: 'NET_DOWN', fault: 'connection_lost' },
  ]);
});

test('who works beside it keeps his connections, and the pool is whole afterwards', async () => {
  const { pool } = lab.service.context;
  handle = async (_payload, { command }) => (await pool.query('select $1 as id', [command.command_id])).rows[0]?.id;
  const beside = Array.from({ length: 5 }, () => work(null));
  const chaotic = Array.from({ length: 5 }, () => work({ connection_lost_pct: 100 }));
  const seen = await Promise.all([...beside, ...chaotic].map((command) => lab.run(command)));
  expect(seen.map(({ result }) => result)).toEqual([
    ...beside.map(({ command_id }) => command_id),
    ...chaotic.map(() => null),
  ]);
  expect(seen.slice(0, 5).map(({ attempts }) => attempts.length)).toEqual([1, 1, 1, 1, 1]);
  const one = await pool.query('select 1 as one');
  expect([one.rows, pool.idleCount]).toEqual([[{ one: 1 }], pool.totalCount]);
});

test('a failure comes at once, or after its delay where that is asked for', async () => {
  handle = () => 'done';
  const policy = { max_attempts: 1, backoff_ms: [0], lease_ms: 30_000 };
  for (const fault of [{ fail_first_attempts: 1 }, { connection_lost_pct: 100 }, { fail_permanent_pct: 100 }]) {
    const at_once = await lab.run(work({ ...fault, min_duration_ms: 60_000 }, { policy }));
    expect(at_once.attempt_ms).toBeLessThan(60_000);
    const late = await lab.run(work({ ...fault, min_duration_ms: 150, delay_failures: true }, { policy }));
    expect(late.attempt_ms).toBeGreaterThanOrEqual(149);
    expect(late.attempts).toMatchObject([{ effect: 'TSQ' }]);
  }
});
