// Breaks connections of a pool on purpose, for the work of one caller. This work fails with genuine connection errors;
// the pool stays usable for all others.

import { AsyncLocalStorage } from 'node:async_hooks';
import type pg from 'pg';
import type { Pool } from './pool.ts';

type OnConnected = (error: Error | undefined, client?: pg.PoolClient, release?: pg.PoolClient['release']) => void;

/** Runs `work` and returns its result; every connection it checks out fails on first use. */
export type WithoutConnection = <T>(work: () => Promise<T>) => Promise<T>;

/** Enables losing connections of this pool. Without users it costs one lookup in an empty store per check-out. */
export function losingConnections(pool: Pool): WithoutConnection {
  const losing = new AsyncLocalStorage<{ over: boolean }>();
  let users = 0;
  const connect = pool.connect.bind(pool) as (onConnected?: OnConnected) => Promise<pg.PoolClient> | undefined;

  // Both forms: `pool.query` calls the one with a callback.
  const connectOrLose = (onConnected?: OnConnected) => {
    if (losing.getStore()?.over !== false) return connect(onConnected);
    if (onConnected === undefined) return connect()?.then(lose);
    return connect((error, client, release) => {
      if (client === undefined) return onConnected(error, client, release);
      onConnected(error, lose(client), client.release);
    });
  };
  pool.connect = connectOrLose as typeof pool.connect;

  return async (work) => {
    users++;
    const mine = { over: false };
    try {
      return await losing.run(mine, work);
    } finally {
      // Anything that the work left running keeps its connections from now on.
      mine.over = true;
      // While the store is enabled, every promise of the process pays for it.
      if (--users === 0) losing.disable();
    }
  };
}

/** Breaks a connection like a failing network or server. */
function lose(client: pg.PoolClient): pg.PoolClient {
  const { release } = client;
  // Even if it is released unused, the next caller must not get it.
  client.release = () => release.call(client, true);
  // Without a listener, the error would end the process.
  client.on('error', () => {});
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  return client;
}
