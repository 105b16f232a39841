// Connections: the pool, transactions, and what a database error means.
// A transaction is passed on as `tx`, the required first argument of whatever writes.

import pg from 'pg';
import { NotStorableError } from './json.ts';
import {
  applicationSession,
  connectionOf,
  INTERNAL_TYPES,
  internalSession,
  openSession,
  type Session,
  type SessionOptions,
} from './session.ts';

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

export interface PoolOptions extends SessionOptions {
  application_name: string;
  /** Connections at most (10). */
  max?: number;
  /**
   * How long an answer may take before its connection is given up for broken (as long as it takes). For statements that are always
   * quick: a server that went away without a word is otherwise waited for until the kernel gives up, a quarter of an hour later.
   */
  answer_ms?: number;
  /** Hears of every connection that is lost, also while nobody uses it. */
  onLost?(error: Error): void;
  /** How long to wait for a connection (10,000). */
  connect_ms?: number;
}

/** Opens a pool for statements of Faultline's own. Counts come as numbers. */
export function createPool(url: string, options: PoolOptions): Pool {
  return openPool(url, options, internalSession(options), { query_timeout: options.answer_ms, types: INTERNAL_TYPES });
}

/** Opens a pool for an application: values come as the driver gives them, `bigint` as text. */
export function createApplicationPool(
  url: string,
  options: Pick<PoolOptions, 'application_name' | 'max' | 'idle_ms'>,
): Pool {
  return openPool(url, options, applicationSession(options), {});
}

/** Errors of connections that nobody uses are swallowed: the next query reports or reconnects. */
function openPool(
  url: string,
  { application_name, max = 10, connect_ms = 10_000, onLost = () => {} }: PoolOptions,
  session: Session,
  config: pg.PoolConfig,
): Pool {
  const pool = new pg.Pool({
    ...connectionOf(url, application_name),
    max,
    connectionTimeoutMillis: connect_ms,
    ...config,
    onConnect: (client) => openSession(client, session),
  });
  pool.on('error', () => {});
  // Between an answer and whoever waited for the connection nobody else listens, and an error without a listener ends the process.
  pool.on('connect', (client) => void client.on('error', onLost));
  return pool;
}

/** Runs `work` in one transaction: commits what it returns from, rolls back what it throws out of. */
export async function withTx<T>(pool: Pool, work: (tx: Tx) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const onError = (error: Error) => {
    broken ??= error;
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
    if (isConnectionError(error)) {
      // What the server said when it ended the connection says more than that it is gone.
      broken ??= error as Error;
      throw broken;
    }
    await client.query('rollback').catch((e: Error) => (broken = e));
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

/**
 * What an error of the database means:
 * - away: it cannot be reached, or refuses everybody for now. Whatever failed meanwhile did not fail of itself.
 * - retry: nothing is wrong with what was asked, nor with the database; the same may do in a moment.
 * - bad data: what was to be stored cannot be.
 * - unknown: a mistake in a statement, in the configuration, or no error of a database at all.
 */
type Meaning = 'away' | 'retry' | 'bad data' | 'unknown';

/** By SQLSTATE, the first that fits. */
const MEANINGS: readonly [RegExp, Meaning][] = [
  // A transaction that stood still, or took too long: its own doing. Its connection is gone all the same.
  [/^25P0[34]/, 'retry'],
  // A limit on temporary files: of this statement.
  [/^53400/, 'retry'],
  // No connection; no connections, memory or disk left; read-only; ended, shutting down or starting; no reading or writing of files.
  [/^(08|53|25006|57P|58030)/, 'away'],
  // A deadlock or serialization, a lock not had in time, a statement that was cancelled.
  [/^(40|55P03|57)/, 'retry'],
  // Data, constraints, limits.
  [/^(22|23|54)/, 'bad data'],
];
/** Whoever looks a name up or opens a connection names it so, whatever went wrong: no route, no name server, no socket file. */
const CONNECTING = new Set(['connect', 'getaddrinfo']);
const SOCKET_CODES =
  /^(ECONNRESET|ECONNREFUSED|ECONNABORTED|EPIPE|ETIMEDOUT|ENETDOWN|ENETUNREACH|EHOSTDOWN|EHOSTUNREACH|EADDRNOTAVAIL)$/;
const DRIVER_SAYS_LOST =
  /Connection terminated|connection is closed|Client has encountered a connection error|not queryable|Query read timeout|timeout expired/i;
/** Of a pool whose connections are all in use: no word on the database. Those who have them hear of that themselves. */
const DRIVER_SAYS_BUSY = /timeout exceeded when trying to connect/;

function meaningOf(error: unknown): Meaning {
  if (error instanceof NotStorableError) return 'bad data';
  const code = sqlState(error);
  for (const [states, meaning] of MEANINGS) if (code.length === 5 && states.test(code)) return meaning;
  if (isSocketError(error) || DRIVER_SAYS_LOST.test(messageOf(error))) return 'away';
  return DRIVER_SAYS_BUSY.test(messageOf(error)) ? 'retry' : 'unknown';
}

function isSocketError(error: unknown): boolean {
  const { syscall, code } = (error ?? {}) as NodeJS.ErrnoException;
  return CONNECTING.has(String(syscall)) || SOCKET_CODES.test(String(code));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : '';
}

/** The connection is gone: nobody knows whether a COMMIT under way took effect. */
export function isConnectionError(error: unknown): boolean {
  return (
    /^(08...|57P..|25P0[34])$/.test(sqlState(error)) || isSocketError(error) || DRIVER_SAYS_LOST.test(messageOf(error))
  );
}

/** The database cannot be reached, or refuses everybody for now: to be waited for, and nobody's fault. */
export function isAway(error: unknown): boolean {
  return meaningOf(error) === 'away';
}

/** Worth trying again as it is. */
export function isRetryable(error: unknown): boolean {
  return ['away', 'retry'].includes(meaningOf(error));
}

/** The data itself cannot be stored, or is no JSON at all. */
export function isBadData(error: unknown): boolean {
  return meaningOf(error) === 'bad data';
}

/** A prepared statement is not there, or is there already: sessions change hands behind our back. */
export function isStatementLost(error: unknown): boolean {
  return /^(26000|42P05)$/.test(sqlState(error));
}
