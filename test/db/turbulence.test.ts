// The statements of turbulence: the batches that can have some, each occurrence written once, and the connections terminated.

import pg from 'pg';
import { afterEach, describe, expect, test } from 'vitest';
import { TURBULENCE_KINDS } from '../../src/chaos/experiment.ts';
import {
  countOtherBackends,
  insertTurbulenceOnce,
  listTurbulence,
  lockIfTurbulenceMayRun,
  readTurbulentBatches,
  terminateOtherBackends,
} from '../../src/chaos/queries/turbulence.ts';
import { asTx, type Queryable, withTx } from '../../src/db/pool.ts';
import { newId } from '../../src/model/ids.ts';
import type { BatchStatus } from '../../src/model/process.ts';
import { createTestDatabase, emptyTables } from '../support/database.ts';
import { at, insertBatch } from '../support/factories.ts';
import { signal, until } from '../support/until.ts';

const { pool, url } = await createTestDatabase();

afterEach(async () => {
  await emptyTables(pool, 'faultline.batch', 'faultline.event', 'faultline.setting');
});

const EXPERIMENT = { turbulence: { kill_worker_every_ms: 1_000 } };
const insert = (status: BatchStatus, fields = {}) => insertBatch(pool, status, { experiment: EXPERIMENT, ...fields });
const ids = async () => (await readTurbulentBatches(pool, TURBULENCE_KINDS)).map(({ batch_id }) => batch_id);
const lock = (batch_id: string) => withTx(pool, (tx) => lockIfTurbulenceMayRun(tx, batch_id));
const write = (batch_id: string, kind: string, due_ms: number, nth = 1) =>
  insertTurbulenceOnce(asTx(pool), batch_id, { kind, due_ms, nth, worker: 'work-1' });

describe('may have turbulence', () => {
  test.each([
    ['CREATING', true],
    ['RUNNING', true],
    ['CANCELING', true],
    ['AT_REST', false],
    ['COMPLETED', false],
    ['COMPLETED_WITH_FAILURES', false],
    ['CANCELED', false],
  ] as const)('a batch that is %s: %s', async (status, may) => {
    const { batch_id } = await insert(status);
    expect(await ids()).toEqual(may ? [batch_id] : []);
    expect(await lock(batch_id)).toBe(may);
  });

  test.each([
    ['it asks for none', { experiment: { hypothesis: 'It holds.' } }],
    ['it has no experiment', { experiment: null }],
    ['injection into it was stopped', { injection_stopped_at: at(5) }],
  ])('not when %s', async (_why, fields) => {
    const { batch_id } = await insert('RUNNING', fields);
    expect(await ids()).toEqual([]);
    expect(await lock(batch_id)).toBe(false);
  });

  test('none while the kill switch is pulled', async () => {
    const { batch_id } = await insert('RUNNING');
    await pool.query(`insert into faultline.setting (key, value) values ('chaos_stopped', '{}')`);
    expect(await ids()).toEqual([]);
    expect(await lock(batch_id)).toBe(false);
    await pool.query(`delete from faultline.setting`);
    expect(await ids()).toEqual([batch_id]);
  });
});

test('what is read: what was asked, how long ago on the clock of the database, and the last of each kind', async () => {
  const { batch_id } = await insert('RUNNING', { created_at: new Date(Date.now() - 90_000) });
  await insert('RUNNING');
  await write(batch_id, 'kill_worker', 1_000, 1);
  await write(batch_id, 'pause_postgres', 1_500, 1);
  await write(batch_id, 'kill_worker', 10_000, 2);
  const [first, second] = await readTurbulentBatches(pool, TURBULENCE_KINDS);
  expect(first).toMatchObject({
    batch_id,
    ...EXPERIMENT,
    last: { kill_worker: { due_ms: 10_000, nth: 2 }, pause_postgres: { due_ms: 1_500, nth: 1 } },
  });
  expect(second?.last).toEqual({});
  const { rows } = await pool.query(
    `select extract(epoch from now() - created_at) * 1000 as ms from faultline.batch where batch_id = $1`,
    [batch_id],
  );
  expect(Math.abs((first?.since_launch_ms ?? 0) - Number(rows[0].ms))).toBeLessThan(60_000);
  expect(first?.since_launch_ms).toBeGreaterThan(80_000);
});

describe('is written', () => {
  test('once: not again, and none that was due before', async () => {
    const { batch_id } = await insert('RUNNING');
    const other = await insert('RUNNING');
    expect(await write(batch_id, 'kill_worker', 2_000)).toBe(true);
    expect(await write(batch_id, 'kill_worker', 2_000)).toBe(false);
    expect(await write(batch_id, 'kill_worker', 1_000)).toBe(false);
    expect(await write(batch_id, 'pause_postgres', 2_000)).toBe(true);
    expect(await write(other.batch_id, 'kill_worker', 2_000)).toBe(true);
    expect(await write(batch_id, 'kill_worker', 3_000, 2)).toBe(true);
    const { rows } = await pool.query('select type, lane, actor, details from faultline.event where batch_id = $1', [
      batch_id,
    ]);
    expect(rows).toHaveLength(3);
    expect(rows[0]).toEqual({
      type: 'TURBULENCE',
      lane: 0,
      actor: 'turbulence',
      details: { kind: 'kill_worker', due_ms: 2_000, nth: 1, worker: 'work-1' },
    });
  });

  test('once also by two who found it due at the same time', async () => {
    const { batch_id } = await insert('RUNNING');
    const locked = signal('the first holds the batch');
    const go = signal('the second waits for it');
    const first = withTx(pool, async (tx) => {
      await lockIfTurbulenceMayRun(tx, batch_id);
      locked.fire();
      await go.promise;
      return insertTurbulenceOnce(tx, batch_id, { kind: 'kill_worker', due_ms: 1_000, nth: 1 });
    });
    await locked.promise;
    const second = withTx(
      pool,
      async (tx) =>
        (await lockIfTurbulenceMayRun(tx, batch_id)) &&
        (await insertTurbulenceOnce(tx, batch_id, { kind: 'kill_worker', due_ms: 1_000, nth: 1 })),
    );
    await until('the second waits', async () => {
      const { rows } = await pool.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return rows.length === 1;
    });
    go.fire();
    expect(await Promise.all([first, second])).toEqual([true, false]);
  });

  test('and listed oldest first, the newest of all kinds', async () => {
    const { batch_id } = await insert('RUNNING');
    for (const due_ms of [1_000, 2_000, 3_000]) await write(batch_id, 'kill_worker', due_ms, due_ms / 1_000);
    await write(batch_id, 'restart_postgres', 2_500);
    const listed = await listTurbulence(pool, batch_id, TURBULENCE_KINDS, 3);
    expect(listed.map(({ kind, details }) => [kind, details.due_ms])).toEqual([
      ['kill_worker', 2_000],
      ['kill_worker', 3_000],
      ['restart_postgres', 2_500],
    ]);
    expect(listed[0]).toMatchObject({ at: expect.any(Date), details: { worker: 'work-1' } });
  });

  test.each([
    ['looked for', (db: Queryable) => readTurbulentBatches(db, TURBULENCE_KINDS)],
    ['listed', (db: Queryable) => listTurbulence(db, newId(), TURBULENCE_KINDS, 500)],
  ])('and, when %s, found by its index', async (_how, send) => {
    const client = await pool.connect();
    let plan = '';
    const explaining = {
      async query(query: string | pg.QueryConfig, unnamed?: unknown[]) {
        const { text, values } = typeof query === 'string' ? { text: query, values: unnamed } : query;
        plan = JSON.stringify((await client.query(`explain (format json) ${text}`, values)).rows);
        return { rows: [] };
      },
    };
    // On a table of no rows a scan is always cheaper.
    await client.query('begin; set local enable_seqscan = off; set local enable_bitmapscan = off');
    await send(explaining as unknown as Queryable);
    await client.query('rollback');
    client.release();
    expect(plan).toContain('"Index Name":"event_turbulence"');
  });
});

test('backends are cut off: those of this database and role, but our own', async () => {
  await pool.query('create role turbulence_other login password $$other$$').catch(() => {});
  const { rows } = await pool.query<{ name: string }>('select current_database() as name');
  await pool.query(`grant connect on database "${rows[0]?.name}" to turbulence_other`);
  const own = new pg.Client({ connectionString: url });
  await own.connect();
  const connect = async (address: string) => {
    const client = new pg.Client({ connectionString: address });
    const ended = signal('it was cut off');
    client.on('error', () => ended.fire());
    await client.connect();
    return { client, ended: ended.promise };
  };
  const cut = await connect(url);
  const others = new URL(url);
  others.username = 'turbulence_other';
  others.password = 'other';
  const spared = await connect(others.href);
  const elsewhere = new URL(url);
  elsewhere.pathname = '/postgres';
  const elsewhereConnected = await connect(elsewhere.href);
  try {
    const before = await countOtherBackends(own);
    expect(before).toBeGreaterThanOrEqual(1);
    await terminateOtherBackends(own);
    await cut.ended;
    for (const { client } of [spared, elsewhereConnected]) {
      expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    }
    expect((await own.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  } finally {
    await Promise.all([own, spared.client, elsewhereConnected.client].map((client) => client.end()));
    await pool.query(`revoke connect on database "${rows[0]?.name}" from turbulence_other`);
    await pool.query('drop role turbulence_other');
  }
});
