// The settings of a connection, sent in one round trip when it opens. They override settings of the role, database and
// server that could change a result, and limit how long a frozen client can hold its locks.

import pg from 'pg';

type Settings = Readonly<Record<string, string>>;

/** The formats that the driver reads and writes. */
const FORMATS: Settings = {
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  client_encoding: 'UTF8',
  bytea_output: 'hex',
  extra_float_digits: '1',
  array_nulls: 'on',
};

/**
 * The semantics that our statements rely on. With row_security off, a policy that hides rows is an error instead of a
 * wrong count.
 */
const SEMANTICS: Settings = {
  TimeZone: 'UTC',
  standard_conforming_strings: 'on',
  transform_null_equals: 'off',
  row_security: 'off',
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  lock_timeout: '0',
  transaction_timeout: '0',
  idle_session_timeout: '0',
};

/**
 * For the statements of the bus, which find every row by key or by a partial index in its order. On a fresh or stale
 * table the planner prefers a full scan to 300 lookups by key (random_page_cost counts each as a disk seek) and caches
 * that plan. Scanning a whole index for the lane, which the planner takes for rare until a table is analyzed, is as bad
 * (20,000 rows: 22 ms instead of 0.8): cpu_index_tuple_cost makes such a scan expensive, while the lookup of one row
 * stays cheap.
 */
const KEYED_PLANS: Settings = {
  jit: 'off',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  random_page_cost: '0.01',
  cpu_index_tuple_cost: '100',
  plan_cache_mode: 'auto',
};

/** The server checks whether the client is still connected. Not on every platform: see `openSession`. */
const CHECK = 'client_connection_check_interval';
/** The server closes the connection of a client that disappeared: after 25 s if it was idle. */
const LIVENESS: Settings = {
  [CHECK]: '5s',
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
};

/**
 * The statement timeout as a share of `answer_ms`, so that a slow server reports the timeout before it counts as gone.
 */
const SLOW_SHARE = 0.8;

export interface SessionOptions {
  /** How long a transaction may be idle before the server ends it and releases its locks (60 s). */
  idle_ms?: number;
  keyed_plans?: boolean;
  /** How long a statement may take; see `PoolOptions`. */
  answer_ms?: number;
}

const IDLE_LIMIT = 'idle_in_transaction_session_timeout';
const IDLE_MS = 60_000;

export interface Session {
  settings: Settings;
  /** Limits that apply only if none is set. */
  unless_set?: readonly string[];
}

/** For internal connections. */
export function internalSession({ idle_ms = IDLE_MS, keyed_plans, answer_ms = 0 }: SessionOptions): Session {
  const limits = { [IDLE_LIMIT]: `${idle_ms}ms`, statement_timeout: `${Math.floor(answer_ms * SLOW_SHARE)}ms` };
  return { settings: { ...FORMATS, ...SEMANTICS, ...LIVENESS, ...(keyed_plans ? KEYED_PLANS : {}), ...limits } };
}

/** For connections of an application: planning, isolation and limits stay its own. */
export function applicationSession({ idle_ms = IDLE_MS }: Pick<SessionOptions, 'idle_ms'>): Session {
  return { settings: { ...FORMATS, ...LIVENESS, [IDLE_LIMIT]: `${idle_ms}ms` }, unless_set: [IDLE_LIMIT] };
}

/** Not as options of the start-up message, which poolers reject. Skips settings that an older server does not know. */
const SET = `select pg_catalog.set_config(s.name, t.value, false)
  from unnest($1::text[], $2::text[]) as t(name, value) join pg_catalog.pg_settings s on s.name = t.name
  where s.name <> all($3::text[]) or s.setting = '0'`;
const INVALID_VALUE = '22023';

/** Applies the settings to a new connection. */
export async function openSession(client: pg.ClientBase, { settings, unless_set = [] }: Session): Promise<void> {
  const set = (some: Settings) => client.query(SET, [Object.keys(some), Object.values(some), unless_set]);
  try {
    await set(settings);
  } catch (error) {
    if ((error as { code?: unknown }).code !== INVALID_VALUE) throw error;
    const { [CHECK]: _, ...others } = settings;
    await set(others);
  }
}

// Internal connections keep these parsers even if an application changes those of the process.
const PARSERS = new Map<number, (text: string) => unknown>(
  Object.values(pg.types.builtins).map((oid) => [oid, pg.types.getTypeParser(oid, 'text')]),
);
// Counts as numbers: they never reach 2^53 here.
PARSERS.set(pg.types.builtins.INT8, Number);

/** The parsers of results of internal statements. */
export const INTERNAL_TYPES: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format: 'text' | 'binary' = 'text') =>
    (format === 'text' ? PARSERS.get(oid) : undefined) ??
    pg.types.getTypeParser(oid, format as 'text')) as pg.CustomTypesConfig['getTypeParser'],
};

/** The options of every connection. */
export function connectionOf(url: string, application_name: string) {
  return {
    connectionString: url,
    application_name,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  } satisfies pg.ClientConfig;
}
