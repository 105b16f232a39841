// Connections: the pool, transactions, and what a database error means.
// A transaction is passed on as `tx`, the required first argument of whatever writes.

import pg from 'pg';
import { NotStorableError } from './json.ts';

/** Anything that runs one statement: a pool (its own transaction) or a transaction. */
export interface Queryable {
  query<R extends pg.QueryResultRow = Record<string, unknown>>(query: pg.QueryConfig): Promise<pg.QueryResult<R>>;
  query<R extends pg.QueryResultRow = Record<string, unknown>>(
    text: string,
    values?: unknown[],
  ): Promise<pg.QueryResult<R>>;
}

declare const inTransaction: unique symbol;
/** A connection with a transaction open; only `withTx` and `asTx` make one. */
export type Tx = Queryable & { readonly [inTransaction]: true };

export type Pool = pg.Pool;

/** For statements of very many rows: each an array of its values, in the order of the columns. Rows as objects take twice as long. */
export async function queryArrays<R extends unknown[]>(db: Queryable, text: string, values: unknown[]): Promise<R[]> {
  const query: pg.QueryArrayConfig = { text, values, rowMode: 'array' };
  const { rows } = await db.query(query);
  return rows as unknown as R[];
}

// Dates and counts as numbers: counts here never reach 2^53.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

export interface PoolOptions {
  application_name: string;
  /** Connections at most (10). */
  max?: number;
  /**
   * For the bus's own statements: they reach every row by key, or by a partial index in its order, on an empty table as on a
   * large one. The planner does not know that: on a fresh or stale table it thinks a full scan cheaper than 300 look-ups by
   * key (random_page_cost counts each as a disk seek), and caches that plan: with hash joins off too, it then walks the table once per row of the set. Walking an index
   * from end to end for the lane, which the planner takes for rare until a table is analysed, is as bad (20,000 rows: 22 ms
   * instead of 0.8): cpu_index_tuple_cost makes what is walked in vain dear, and a look-up of one row stays cheap.
   */
  keyed_plans?: boolean;
  /**
   * How long an answer may take before its connection is given up for broken (as long as it takes). For statements that are always
   * quick: a server that went away without a word is otherwise waited for until the kernel gives up, a quarter of an hour later.
   */
  answer_ms?: number;
}

const KEYED_PLANS = `set jit = off; set enable_seqscan = off; set enable_bitmapscan = off; set enable_hashjoin = off;
  set enable_mergejoin = off; set random_page_cost = 0.01; set cpu_index_tuple_cost = 100; set plan_cache_mode = auto`;

/** Opens a pool. Errors of idle connections are swallowed: the next query reports or reconnects. */
export function createPool(url: string, options: PoolOptions): Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: options.application_name,
    max: options.max ?? 10,
    connectionTimeoutMillis: 10_000,
    query_timeout: options.answer_ms,
    ...(options.keyed_plans ? { onConnect: async (client) => void (await client.query(KEYED_PLANS)) } : {}),
  });
  pool.on('error', () => {});
  return pool;
}

/** Runs `work` in one transaction: commits what it returns from, rolls back what it throws out of. */
export async function withTx<T>(pool: Pool, work: (tx: Tx) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // Without a listener a connection lost between two statements would crash the process.
  const onError = (error: Error) => {
    broken = error;
  };
  client.on('error', onError);
  try {
    await client.query('begin');
    const result = await work(client as unknown as Tx);
    const { command } = await client.query('commit');
    // A transaction that failed without throwing to us answers COMMIT with ROLLBACK.
    if (command !== 'COMMIT') throw new Error('The transaction was rolled back.');
    return result;
  } catch (error) {
    if (isConnectionError(error)) broken ??= error as Error;
    else await client.query('rollback').catch((e: Error) => (broken = e));
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

/** Marks a client of the caller's own, with a transaction open, as such. */
export function asTx(client: Queryable): Tx {
  return client as Tx;
}

function sqlState(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

const SOCKET_CODES = new Set(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH']);

/** The connection, or the server, went away: nobody knows whether a COMMIT under way took effect. */
export function isConnectionError(error: unknown): boolean {
  const code = sqlState(error);
  if (/^(08|57P)/.test(code) || SOCKET_CODES.has(code)) return true;
  const message = error instanceof Error ? error.message : '';
  return /Connection terminated|connection is closed|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable|Query read timeout/i.test(
    message,
  );
}

/** Worth trying again as it is: connection (08), deadlock or serialization (40), resources (53), shutdown or cancel (57). */
export function isRetryable(error: unknown): boolean {
  return isConnectionError(error) || /^(08|40|53|57|55P03)/.test(sqlState(error));
}

/** The data itself cannot be stored: classes 22 (data), 23 (constraint) and 54 (a limit), and what is no JSON at all. */
export function isBadData(error: unknown): boolean {
  return error instanceof NotStorableError || /^(22|23|54)/.test(sqlState(error));
}
