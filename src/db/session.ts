// What a connection is told when it opens: nothing that is set for a role, a database or the server changes a result, and nobody who
// stopped keeps others waiting for long. Promises one round trip, and that what it tells goes no further than the connection.

import pg from 'pg';

type Settings = Readonly<Record<string, string>>;

/** As the driver reads and writes values. */
const READABLE: Settings = {
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  client_encoding: 'UTF8',
  bytea_output: 'hex',
  extra_float_digits: '1',
  array_nulls: 'on',
};

/** As our statements mean what they say. Row security off: a policy that hides rows is an error, never a wrong count. */
const MEANT: Settings = {
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
 * For the bus's own statements: they reach every row by key, or by a partial index in its order, on an empty table as on a
 * large one. The planner does not know that: on a fresh or stale table it thinks a full scan cheaper than 300 look-ups by
 * key (random_page_cost counts each as a disk seek), and caches that plan: with hash joins off too, it then walks the table once per row of the set. Walking an index
 * from end to end for the lane, which the planner takes for rare until a table is analysed, is as bad (20,000 rows: 22 ms
 * instead of 0.8): cpu_index_tuple_cost makes what is walked in vain dear, and a look-up of one row stays cheap.
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

/** A server that looks now and then whether anybody is at the other end. Not on every platform: see `openSession`. */
const CHECK = 'client_connection_check_interval';
/** The server gives up a peer that is gone without a word: after 25 s, where nothing was under way. */
const LIVENESS: Settings = {
  [CHECK]: '5s',
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
};

/** A server says itself that it is slow, before it is taken for one that is gone. */
const SLOW_SHARE = 0.8;

export interface SessionOptions {
  /** How long a transaction may stand still before the server ends it, and with it its locks (60 s). */
  idle_ms?: number;
  keyed_plans?: boolean;
  /** How long an answer may take; see `createPool`. */
  answer_ms?: number;
}

const IDLE_LIMIT = 'idle_in_transaction_session_timeout';
const IDLE_MS = 60_000;

export interface Session {
  settings: Settings;
  /** Limits that hold only where nobody has set one. */
  unless_set?: readonly string[];
}

/** For connections of our own. */
export function internalSession({ idle_ms = IDLE_MS, keyed_plans, answer_ms = 0 }: SessionOptions): Session {
  const limits = { [IDLE_LIMIT]: `${idle_ms}ms`, statement_timeout: `${Math.floor(answer_ms * SLOW_SHARE)}ms` };
  return { settings: { ...READABLE, ...MEANT, ...LIVENESS, ...(keyed_plans ? KEYED_PLANS : {}), ...limits } };
}

/** For connections of an application: how its statements are planned, isolated and limited is its own and its database's. */
export function applicationSession({ idle_ms = IDLE_MS }: Pick<SessionOptions, 'idle_ms'>): Session {
  return { settings: { ...READABLE, ...LIVENESS, [IDLE_LIMIT]: `${idle_ms}ms` }, unless_set: [IDLE_LIMIT] };
}

/** Not as options of the start-up message, which poolers refuse. What an older server does not know is passed over. */
const TELL = `select pg_catalog.set_config(s.name, t.value, false)
  from unnest($1::text[], $2::text[]) as t(name, value) join pg_catalog.pg_settings s on s.name = t.name
  where s.name <> all($3::text[]) or s.setting = '0'`;
const INVALID_VALUE = '22023';

/** Tells a new connection its settings. */
export async function openSession(client: pg.ClientBase, { settings, unless_set = [] }: Session): Promise<void> {
  const tell = (some: Settings) => client.query(TELL, [Object.keys(some), Object.values(some), unless_set]);
  try {
    await tell(settings);
  } catch (error) {
    if ((error as { code?: unknown }).code !== INVALID_VALUE) throw error;
    const { [CHECK]: _, ...others } = settings;
    await tell(others);
  }
}

// What an application sets for the whole process later is not for our connections, and what we set is not for its.
const PARSERS = new Map<number, (text: string) => unknown>(
  Object.values(pg.types.builtins).map((oid) => [oid, pg.types.getTypeParser(oid, 'text')]),
);
// Counts as numbers: here they never reach 2^53.
PARSERS.set(pg.types.builtins.INT8, Number);

/** How results of our own statements are read. */
export const INTERNAL_TYPES: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format: 'text' | 'binary' = 'text') =>
    (format === 'text' ? PARSERS.get(oid) : undefined) ??
    pg.types.getTypeParser(oid, format as 'text')) as pg.CustomTypesConfig['getTypeParser'],
};

/** How every connection is opened. */
export function connectionOf(url: string, application_name: string) {
  return {
    connectionString: url,
    application_name,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  } satisfies pg.ClientConfig;
}
