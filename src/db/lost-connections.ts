// Connections that are lost on purpose: those of one pool, for the work of one caller and no other.
// Promises genuine connection errors within it, and a pool that is whole again for whoever asks next.

import { AsyncLocalStorage } from 'node:async_hooks';
import type pg from 'pg';
import type { Pool } from './pool.ts';

type OnConnected = (error: Error | undefined, client?: pg.PoolClient, release?: pg.PoolClient['release']) => void;

/** Runs `work` and comes to what it comes to; whatever it asks the pool for meanwhile breaks when it is used. */
export type WithoutConnection = <T>(work: () => Promise<T>) => Promise<T>;

/** Makes it possible to lose the connections of this pool. Where nobody loses any, each check-out costs one look at an empty store. */
export function losingConnections(pool: Pool): WithoutConnection {
  const losing = new AsyncLocalStorage<{ over: boolean }>();
  let users = 0;
  const connect = pool.connect.bind(pool) as (onConnected?: OnConnected) => Promise<pg.PoolClient> | undefined;

  // Both of its forms: `pool.query` calls the one with a callback.
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
      // What the work started and left running goes on with connections.
      mine.over = true;
      // While it is enabled, every promise of the process pays for it.
      if (--users === 0) losing.disable();
    }
  };
}

/** Cuts a connection as a network or a server that dies does. */
function lose(client: pg.PoolClient): pg.PoolClient {
  const { release } = client;
  // However soon it is given back, and though nobody used it: the next one who asks must not get it.
  client.release = () => release.call(client, true);
  // A connection that breaks with nobody listening would end the process: this one is to fail its queries, and no more.
  client.on('error', () => {});
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  return client;
}
