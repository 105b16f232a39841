// What a connection is told when it opens: nothing that is set elsewhere changes a result, and what is ours stays with our connections.

import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createApplicationPool, createPool, type Pool, withTx } from '../../src/db/pool.ts';
import { createTestDatabase } from '../support/database.ts';

/** Whatever changes what statements say or how long they may take. */
const HOSTILE = {
  datestyle: 'SQL, DMY',
  intervalstyle: 'sql_standard',
  timezone: 'Asia/Kathmandu',
  bytea_output: 'escape',
  extra_float_digits: '-5',
  array_nulls: 'off',
  transform_null_equals: 'on',
  standard_conforming_strings: 'off',
  default_transaction_isolation: 'serializable',
  default_transaction_deferrable: 'on',
  statement_timeout: '7s',
  lock_timeout: '7s',
  idle_in_transaction_session_timeout: '7s',
  idle_session_timeout: '7s',
};

const database = await createTestDatabase();
for (const [name, value] of Object.entries(HOSTILE))
  await database.pool.query(`alter database ${new URL(database.url).pathname.slice(1)} set ${name} = '${value}'`);

const own = () => closing(createPool(database.url, { application_name: 'own', max: 1 }));
const applications = () => closing(createApplicationPool(database.url, { application_name: 'application', max: 1 }));

function closing(pool: Pool): Pool {
  onTestFinished(() => pool.end());
  return pool;
}

async function settingsOf(pool: Pool): Promise<Record<string, string>> {
  const names = [...Object.keys(HOSTILE), 'enable_seqscan', 'jit', 'random_page_cost'];
  const { rows } = await pool.query(
    'select lower(name) as name, setting from pg_settings where lower(name) = any($1)',
    [names],
  );
  return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
}

const MOMENT = '2026-02-03T04:05:06.789Z';
const VALUES = `select '${MOMENT}'::timestamptz as moment, interval '26 hours' as span, decode('00ff', 'hex') as bytes,
  1.0 / 3 as third, (1.0 / 3)::float8 as float, $1::text[] as texts`;
const READ = {
  moment: new Date(MOMENT),
  span: { hours: 26 },
  bytes: Buffer.from([0, 255]),
  third: '0.33333333333333333333',
  float: 1 / 3,
  texts: ['a', null],
};

describe.each([
  ['our own', own],
  ["the application's", applications],
])('of %s', (_whose, open) => {
  test('values are what they are, whatever the database has set', async () => {
    const { rows } = await open().query(VALUES, [['a', null]]);
    expect(rows).toEqual([READ]);
  });

  test('the server looks whether anybody is at the other end', async () => {
    const { rows } = await open().query(
      `select current_setting('client_connection_check_interval') as looks, current_setting('tcp_keepalives_idle') as idle`,
    );
    expect(rows).toEqual([{ looks: '5s', idle: '10' }]);
  });
});

test('our own are isolated, planned and limited as we mean it', async () => {
  const pool = own();
  expect(await settingsOf(pool)).toMatchObject({
    timezone: 'UTC',
    default_transaction_isolation: 'read committed',
    default_transaction_deferrable: 'off',
    transform_null_equals: 'off',
    standard_conforming_strings: 'on',
    statement_timeout: '0',
    lock_timeout: '0',
    idle_session_timeout: '0',
    idle_in_transaction_session_timeout: '60000',
    enable_seqscan: 'on',
  });
  const isolation = `select current_setting('transaction_isolation') as level`;
  expect((await pool.query(isolation)).rows).toEqual([{ level: 'read committed' }]);
  expect((await withTx(pool, (tx) => tx.query(isolation))).rows).toEqual([{ level: 'read committed' }]);
});

test("the application's keep what its database has set, and get none of the bus's plans", async () => {
  const settings = await settingsOf(applications());
  expect(settings).toMatchObject({
    timezone: 'Asia/Kathmandu',
    default_transaction_isolation: 'serializable',
    statement_timeout: '7000',
    lock_timeout: '7000',
    idle_in_transaction_session_timeout: '7000',
    enable_seqscan: 'on',
    random_page_cost: expect.not.stringContaining('0.01'),
  });
});

test('a limit that the server says itself comes before the one at which its connection is given up', async () => {
  const pool = closing(createPool(database.url, { application_name: 'own', max: 1, answer_ms: 30_000 }));
  expect((await pool.query(`select current_setting('statement_timeout') as limit`)).rows).toEqual([{ limit: '24s' }]);
});

test('large numbers reach an application whole, what it sets for the process does not reach us', async () => {
  const large = 'select 9007199254740993::bigint as n';
  expect((await applications().query(large)).rows).toEqual([{ n: '9007199254740993' }]);
  const { INT8, JSONB, TIMESTAMPTZ } = pg.types.builtins;
  const kinds = [INT8, JSONB, TIMESTAMPTZ];
  const before = kinds.map((oid) => pg.types.getTypeParser(oid));
  onTestFinished(() => kinds.forEach((oid, index) => void pg.types.setTypeParser(oid, before[index] as never)));
  for (const oid of kinds) pg.types.setTypeParser(oid, () => 'as the application likes it');
  const { rows } = await own().query(
    `select 7::bigint as n, '{"a":1}'::jsonb as json, '${MOMENT}'::timestamptz as moment`,
  );
  expect(rows).toEqual([{ n: 7, json: { a: 1 }, moment: new Date(MOMENT) }]);
});

test("ends an application's transaction that is idle for a minute, unless another limit is set", async () => {
  const { url } = await createTestDatabase({ empty: true });
  const pool = closing(createApplicationPool(url, { application_name: 'application', max: 1 }));
  const { rows } = await pool.query(`select current_setting('idle_in_transaction_session_timeout') as limit`);
  expect(rows).toEqual([{ limit: '1min' }]);
});
