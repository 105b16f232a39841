// Connections: the pool, transactions, and the meaning of database errors.
// A transaction is passed as `tx`, the required first argument of each function that writes.

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

/** Runs a statement: a pool (in its own transaction) or a transaction. */
export interface Queryable {
  query<R extends pg.QueryResultRow = Record<string, unknown>>(query: pg.QueryConfig): Promise<pg.QueryResult<R>>;
  query<R extends pg.QueryResultRow = Record<string, unknown>>(
    text: string,
    values?: unknown[],
  ): Promise<pg.QueryResult<R>>;
}

declare const inTransaction: unique symbol;
/** A connection with an open transaction. Only `withTx` and `asTx` make one. */
export type Tx = Queryable & { readonly [inTransaction]: true };

export type Pool = pg.Pool;

export interface PoolOptions extends SessionOptions {
  application_name: string;
  /** The maximum number of connections (10). */
  max?: number;
  /**
   * How long a statement may take before its connection is closed (unlimited). For pools of short statements: otherwise
   * a server that disappeared is noticed only when the kernel gives up, after 15 minutes.
   */
  answer_ms?: number;
  /** Called for every lost connection, also an idle one. */
  onLost?(error: Error): void;
  /** How long to wait for a connection (10,000 ms). */
  connect_ms?: number;
}

/** Opens a pool for internal statements. Counts are numbers. */
export function createPool(url: string, options: PoolOptions): Pool {
  return openPool(url, options, internalSession(options), { query_timeout: options.answer_ms, types: INTERNAL_TYPES });
}

/** Opens a pool for an application: values as the driver returns them, `bigint` as text. */
export function createApplicationPool(
  url: string,
  options: Pick<PoolOptions, 'application_name' | 'max' | 'idle_ms'>,
): Pool {
  return openPool(url, options, applicationSession(options), {});
}

/** Errors of idle connections are ignored: the next query reports them or reconnects. */
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
  // While a connection is handed over it has no other listener, and an error without a listener ends the process.
  pool.on('connect', (client) => void client.on('error', onLost));
  return pool;
}

/** Runs `work` in one transaction: commits when it returns, rolls back when it throws. */
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
    // A transaction with a failed statement answers COMMIT with ROLLBACK.
    if (command !== 'COMMIT') throw new Error('The transaction was rolled back.');
    return result;
  } catch (error) {
    if (isConnectionError(error)) {
      // The server's own message says more than that the connection is gone.
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

/** Marks a client of the caller that has an open transaction. */
export function asTx(client: Queryable): Tx {
  return client as Tx;
}

function sqlState(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

/**
 * The meaning of a database error:
 * - away: the database cannot be reached, or rejects all clients for now. The statement itself is not at fault.
 * - retry: the same statement may succeed later.
 * - bad data: the data cannot be stored.
 * - unknown: an error in a statement or the configuration, or no database error.
 */
type Meaning = 'away' | 'retry' | 'bad data' | 'unknown';

/** By SQLSTATE; the first match counts. */
const MEANINGS: readonly [RegExp, Meaning][] = [
  // An idle or too long transaction. Its connection is gone too.
  [/^25P0[34]/, 'retry'],
  // The limit on temporary files of this statement.
  [/^53400/, 'retry'],
  // No connection; out of connections, memory or disk; read-only; stopped, stopping or starting; file I/O errors.
  [/^(08|53|25006|57P|58030)/, 'away'],
  // A deadlock or serialization failure, a lock timeout, a cancelled statement.
  [/^(40|55P03|57)/, 'retry'],
  // Data, constraints, limits.
  [/^(22|23|54)/, 'bad data'],
];
/** The system calls of opening a connection, whatever failed: no route, no name server, no socket file. */
const CONNECTING = new Set(['connect', 'getaddrinfo']);
const SOCKET_CODES =
  /^(ECONNRESET|ECONNREFUSED|ECONNABORTED|EPIPE|ETIMEDOUT|ENETDOWN|ENETUNREACH|EHOSTDOWN|EHOSTUNREACH|EADDRNOTAVAIL)$/;
const DRIVER_SAYS_LOST =
  /Connection terminated|connection is closed|Client has encountered a connection error|not queryable|Query read timeout|timeout expired/i;
/** All connections of the pool are in use. Says nothing about the database. */
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

/** The connection is gone, and it is unknown whether a COMMIT in progress took effect. */
export function isConnectionError(error: unknown): boolean {
  return (
    /^(08...|57P..|25P0[34])$/.test(sqlState(error)) || isSocketError(error) || DRIVER_SAYS_LOST.test(messageOf(error))
  );
}

/** The database cannot be reached, or rejects all clients for now: wait for it. */
export function isAway(error: unknown): boolean {
  return meaningOf(error) === 'away';
}

/** The same statement may succeed later. */
export function isRetryable(error: unknown): boolean {
  return ['away', 'retry'].includes(meaningOf(error));
}

/** The data cannot be stored, or is not JSON. */
export function isBadData(error: unknown): boolean {
  return meaningOf(error) === 'bad data';
}

/** A prepared statement is missing or exists already, because a pooler switched the session. */
export function isStatementLost(error: unknown): boolean {
  return /^(26000|42P05)$/.test(sqlState(error));
}
