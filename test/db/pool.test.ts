// Connections and transactions: what is committed, what is rolled back, and what an error of the database means.

import { describe, expect, onTestFinished, test } from 'vitest';
import { createPool, isAway, isBadData, isConnectionError, isRetryable, type Pool, withTx } from '../../src/db/pool.ts';
import { retryWhileUnavailable } from '../../src/db/retry-while-unavailable.ts';
import { createTestDatabase } from '../support/database.ts';
import { openNetwork } from '../support/network.ts';
import { until } from '../support/until.ts';

const database = await createTestDatabase();
await database.pool.query('create table mark (n int primary key, check (n < 100))');

function open(options: Partial<Parameters<typeof createPool>[1]> = {}, url = database.url): Pool {
  const pool = createPool(url, { application_name: 'pool-test', max: 1, ...options });
  onTestFinished(() => pool.end());
  return pool;
}

async function marks(): Promise<number[]> {
  const { rows } = await database.pool.query('select n from mark order by n');
  return rows.map(({ n }) => n);
}

async function failureOf(pool: Pool, text: string): Promise<unknown> {
  return pool.query(text).then(
    () => null,
    (error) => error,
  );
}

describe('withTx', () => {
  test('commits what returns and rolls back what throws, and the connection goes on', async () => {
    const pool = open();
    expect(await withTx(pool, async (tx) => (await tx.query('insert into mark values (1) returning n')).rows)).toEqual([
      { n: 1 },
    ]);
    const failing = withTx(pool, async (tx) => {
      await tx.query('insert into mark values (2)');
      throw new Error('thought better of it');
    });
    await expect(failing).rejects.toThrow('thought better of it');
    await withTx(pool, (tx) => tx.query('insert into mark values (3)'));
    expect(await marks()).toEqual([1, 3]);
    expect(pool.totalCount).toBe(1);
  });

  test('does not say that it committed what the server rolled back', async () => {
    const pool = open();
    const swallowing = withTx(pool, async (tx) => {
      await tx.query('insert into mark values (10)');
      await tx.query('insert into mark values (10)').catch(() => {});
    });
    await expect(swallowing).rejects.toThrow('rolled back');
    expect(await marks()).not.toContain(10);
  });

  test.each([
    ['between two statements', async () => {}],
    ['before the commit', null],
  ])('a connection that is killed %s: rejected as broken, nothing kept, the pool goes on', async (_when, second) => {
    const pool = open();
    const broken = withTx(pool, async (tx) => {
      await tx.query('insert into mark values (20)');
      const { rows } = await tx.query('select pg_backend_pid() as pid');
      await database.pool.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
      if (second) await tx.query('select 1');
    });
    await expect(broken).rejects.toSatisfy(isConnectionError);
    expect(await marks()).not.toContain(20);
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });

  test('a database that is away is a connection error, worth another try', async () => {
    const network = await openNetwork(database.url);
    const pool = open({}, network.url);
    network.down();
    const away = await withTx(pool, async () => {}).catch((error) => error);
    expect([isConnectionError(away), isRetryable(away), isBadData(away)]).toEqual([true, true, false]);
    network.up();
    await withTx(pool, (tx) => tx.query('select 1'));
  });
});

test('a server that does not answer is given up, and the pool goes on when it is back', async () => {
  const network = await openNetwork(database.url);
  const pool = open({ answer_ms: 150 }, network.url);
  await pool.query('select 1');
  network.silence();
  const silent = await withTx(pool, async () => {}).catch((error) => error);
  expect([isConnectionError(silent), isRetryable(silent)]).toEqual([true, true]);
  network.up();
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
});

test('a connection that the server ends as it is handed on ends no process: who has it fails, and the pool goes on', async () => {
  const network = await openNetwork(database.url);
  const pool = open({}, network.url);
  // An error event without a listener.
  const fatal: unknown[] = [];
  const onFatal = (error: unknown) => void fatal.push(error);
  process.on('uncaughtException', onFatal);
  onTestFinished(() => void process.off('uncaughtException', onFatal));
  await pool.query('select 1');
  const ended = network.endAfterAnswerTo('the last answer');
  const first = pool.query(`select 'the last answer' as said`);
  const next = withTx(pool, (tx) => tx.query('select 1')).catch((error) => error);
  expect((await first).rows).toEqual([{ said: 'the last answer' }]);
  await ended;
  expect(isConnectionError(await next)).toBe(true);
  expect(fatal).toEqual([]);
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
});

test('a transaction that stood still hears why its connection is gone, and tries again', async () => {
  const pool = open({ idle_ms: 100 });
  const stood = await withTx(pool, async (tx) => {
    const { rows } = await tx.query('select pg_backend_pid() as pid');
    const gone = () => database.pool.query('select 1 from pg_stat_activity where pid = $1', [rows[0]?.pid]);
    await until('the server has ended it', async () => (await gone()).rowCount === 0);
    await tx.query('select 1');
  }).catch((error) => error);
  expect(stood).toMatchObject({ code: '25P03' });
  expect([isConnectionError(stood), isRetryable(stood), isAway(stood)]).toEqual([true, true, false]);
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
});

test('a pool whose connections are all in use is no database that is away', async () => {
  // Also how long its own connection may take to open.
  const pool = open({ connect_ms: 3_000 });
  const holder = await pool.connect();
  const busy = await pool.query('select 1').catch((error) => error);
  holder.release();
  expect([isAway(busy), isRetryable(busy)]).toEqual([false, true]);
});

describe('a database that refuses for now is away', () => {
  const limited = async () => {
    const url = new URL(database.url);
    const role = `limited_${url.pathname.slice(1).slice(-12)}`;
    await database.pool.query(`create role ${role} login password 'x' connection limit 0`);
    onTestFinished(async () => void (await database.pool.query(`drop role ${role}`)));
    url.username = role;
    url.password = 'x';
    return failureOf(open({}, url.href), 'select 1');
  };

  test.each<[string, () => Promise<unknown>]>([
    ['no connections left', limited],
    ['read-only', () => failureOf(open(), 'begin read only; insert into mark values (60)')],
    ['no disk left', () => failureOf(open(), raising('53100'))],
    ['no memory left', () => failureOf(open(), raising('53200'))],
    ['starting up', () => failureOf(open(), raising('57P03'))],
    ['no such host', () => failureOf(open({}, 'postgres://u@no-such-host.invalid/x'), 'select 1')],
    ['no socket file', () => failureOf(open({}, 'postgres:///x?host=/nowhere'), 'select 1')],
  ])('%s', async (_what, failing) => {
    const error = await failing();
    expect([isAway(error), isRetryable(error), isBadData(error)]).toEqual([true, true, false]);
  });

  test.each(['EAI_AGAIN', 'ENOTFOUND'])('%s of the name server', (code) => {
    expect(isAway(Object.assign(new Error(code), { code, syscall: 'getaddrinfo' }))).toBe(true);
  });

  test.each(['ENETUNREACH', 'EADDRNOTAVAIL', 'ECONNABORTED', 'ECONNREFUSED'])('%s of the socket', (code) => {
    expect(isAway(Object.assign(new Error(code), { code }))).toBe(true);
  });

  test.each(['28P01', '3D000', '42P01', '53400', '40001'])('but %s is not', async (code) => {
    expect(isAway(await failureOf(open(), raising(code)))).toBe(false);
  });
});

const raising = (code: string) => `do $$ begin raise 'refused' using errcode = '${code}'; end $$`;

describe('what an error means', () => {
  test.each([
    ['a NUL byte', `select '"a\\u0000"'::jsonb`, 'bad data'],
    ['a number too large', `select 3000000000::int`, 'bad data'],
    ['a unique violation', `insert into mark values (50), (50)`, 'bad data'],
    ['a check', `insert into mark values (100)`, 'bad data'],
    ['a limit', `select repeat('[', 50000)::jsonb`, 'bad data'],
    ['a lock not had in time', `set lock_timeout = '10ms'; lock table mark`, 'worth another try'],
    ['a statement that took too long', `set statement_timeout = '10ms'; select pg_sleep(5)`, 'worth another try'],
    ['a mistake in the statement', `select nothing_like_this`, 'neither'],
  ])('%s', async (_what, text, expected) => {
    const pool = open();
    const holder = await database.pool.connect();
    try {
      if (text.includes('lock table')) await holder.query('begin; lock table mark');
      const error = await failureOf(pool, text);
      const meaning = isBadData(error) ? 'bad data' : isRetryable(error) ? 'worth another try' : 'neither';
      expect(meaning).toBe(expected);
      expect(isConnectionError(error)).toBe(false);
    } finally {
      await holder.query('rollback');
      holder.release();
    }
  });

  test('what no database said is neither', () => {
    for (const thrown of [
      new Error('a bug'),
      new TypeError('x is not a function'),
      null,
      undefined,
      'text',
      { code: 7 },
    ])
      expect([isRetryable(thrown), isBadData(thrown)]).toEqual([false, false]);
  });
});

test('counts and sums come as numbers', async () => {
  const { rows } = await open().query('select count(*) as count, 9007199254740991::bigint as most');
  expect(rows).toEqual([{ count: 1, most: Number.MAX_SAFE_INTEGER }]);
});

test('keyed plans hold on every connection of such a pool, also on one that replaces another, and on no other pool', async () => {
  const settings = `select current_setting('enable_seqscan') as seqscan, current_setting('jit') as jit, pg_backend_pid() as pid`;
  const keyed = open({ max: 3, keyed_plans: true });
  const three = await Promise.all([1, 2, 3].map(() => keyed.query(`${settings}, pg_sleep(0.02)`)));
  expect(new Set(three.map(({ rows }) => rows[0].pid)).size).toBe(3);
  for (const { rows } of three) expect(rows[0]).toMatchObject({ seqscan: 'off', jit: 'off' });
  await database.pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'pool-test'`,
  );
  const replaced = await until('it has a new connection', () => keyed.query(settings));
  expect(replaced.rows[0]).toMatchObject({ seqscan: 'off', jit: 'off' });
  expect((await open().query(settings)).rows[0]).toMatchObject({ seqscan: 'on' });
});

test('what must get through waits for a connection, too, while others have them all', async () => {
  // Also how long its own connection may take to open.
  const pool = open({ connect_ms: 3_000 });
  const held = await pool.connect();
  let tries = 0;
  const through = retryWhileUnavailable(() => {
    tries++;
    return pool.query('select 1 as through');
  });
  await Promise.race([through, until('it was tried in vain', () => tries > 1)]).finally(() => held.release());
  expect((await through).rows).toEqual([{ through: 1 }]);
});
