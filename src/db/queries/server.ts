// Facts about the PostgreSQL server, for `faultline doctor` and for checks before work begins.

import type { Queryable } from '../pool.ts';
import { one, only } from '../rows.ts';

/** A standby, or a server, database or role that is set to read-only. */
const READ_ONLY = `(pg_is_in_recovery() or current_setting('transaction_read_only')::boolean)`;

export interface ServerFacts {
  /** As in `server_version_num`: 180004. */
  version_num: number;
  fsync: string;
  synchronous_commit: string;
  full_page_writes: string;
  jit: string;
  /** For this role. */
  max_connections: number;
  connections: number;
  /** Connections of programs other than Faultline. */
  other_connections: number;
  read_only: boolean;
}

export function readServerFacts(db: Queryable) {
  return only<ServerFacts>(
    db,
    `select current_setting('server_version_num')::int as version_num, current_setting('fsync') as fsync,
            current_setting('synchronous_commit') as synchronous_commit,
            current_setting('full_page_writes') as full_page_writes, current_setting('jit') as jit,
            current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
              - coalesce(current_setting('reserved_connections', true)::int, 0) as max_connections,
            count(a.pid)::int as connections,
            count(a.pid) filter (where a.application_name not like 'faultline%')::int as other_connections, ${READ_ONLY} as read_only
     from pg_stat_activity a where a.backend_type = 'client backend'`,
  );
}

export async function isReadOnly(db: Queryable): Promise<boolean> {
  return (await one<{ read_only: boolean }>(db, `select ${READ_ONLY} as read_only`))?.read_only === true;
}

/** Identifies the database of the running server: equal for all its clients, and different after a restart. */
export async function readDatabaseId(db: Queryable): Promise<string> {
  return (
    await only<{ database_id: string }>(
      db,
      `select md5(concat_ws(':', extract(epoch from pg_postmaster_start_time()), d.oid)) as database_id
     from pg_database d where d.datname = current_database()`,
    )
  ).database_id;
}
