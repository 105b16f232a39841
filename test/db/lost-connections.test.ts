// Connections lost on purpose: genuine errors within the work, none outside, and no traces afterwards.

import { expect, onTestFinished, test } from 'vitest';
import { losingConnections } from '../../src/db/lost-connections.ts';
import { createPool, isConnectionError, withTx } from '../../src/db/pool.ts';
import { createTestDatabase } from '../support/database.ts';
import { signal } from '../support/until.ts';

const database = await createTestDatabase();

function open(max = 3) {
  const pool = createPool(database.url, { application_name: 'lost', max });
  onTestFinished(() => pool.end());
  return { pool, withoutConnection: losingConnections(pool) };
}

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => error,
  );

test('every way to the pool meets a connection error within, and works again after it', async () => {
  const { pool, withoutConnection } = open();
  const ways = {
    query: () => pool.query('select 1'),
    transaction: () => withTx(pool, (tx) => tx.query('select 1')),
    client: async () => {
      const client = await pool.connect();
      try {
        await client.query('select 1');
      } finally {
        client.release();
      }
    },
    callback: () =>
      new Promise((resolve, reject) =>
        pool.connect((_error, client, release) => {
          client
            ?.query('select 1')
            .then(resolve, reject)
            .finally(() => release());
        }),
      ),
  };
  for (const [way, use] of Object.entries(ways)) {
    const error = await failureOf(withoutConnection(async () => void (await use())));
    expect([way, isConnectionError(error)]).toEqual([way, true]);
    expect([way, await failureOf(use())]).toEqual([way, null]);
  }
  expect(pool.totalCount).toBeLessThanOrEqual(3);
  expect(pool.idleCount).toBe(pool.totalCount);
});

test('a connection that was released unused is not reused', async () => {
  const { pool, withoutConnection } = open(1);
  await pool.query('select 1');
  await withoutConnection(async () => (await pool.connect()).release());
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
});

test('who works at the same time keeps what he has', async () => {
  const { pool, withoutConnection } = open();
  const within = signal('working without a connection');
  const done = signal('the other one is done');
  const lost = withoutConnection(async () => {
    within.fire();
    await done.promise;
    return failureOf(pool.query('select 1'));
  });
  await within.promise;
  expect(await failureOf(withTx(pool, (tx) => tx.query('select 1')))).toBeNull();
  // Another one who ends first does not end it for the first one.
  await withoutConnection(async () => {});
  done.fire();
  expect(isConnectionError(await lost)).toBe(true);
});

test('what it left running has connections again when it is over, also while another loses its own', async () => {
  const { pool, withoutConnection } = open();
  const over = signal('the work is over');
  let left: Promise<unknown> | undefined;
  await withoutConnection(async () => {
    left = over.promise.then(() => failureOf(pool.query('select 1')));
  });
  await withoutConnection(async () => {
    over.fire();
    await left;
  });
  expect(await left).toBeNull();
});

test('what the work comes to is handed on', async () => {
  const { withoutConnection } = open();
  expect(await withoutConnection(async () => 'done')).toBe('done');
  await expect(withoutConnection(() => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
});
