// What the PostgreSQL server says of itself: for `faultline doctor`.

import type { Queryable } from '../pool.ts';

export interface ServerFacts {
  /** As in `server_version_num`: 180004. */
  version_num: number;
  fsync: string;
  synchronous_commit: string;
  full_page_writes: string;
  jit: string;
  max_connections: number;
  connections: number;
}

export async function readServerFacts(db: Queryable): Promise<ServerFacts> {
  const { rows } = await db.query<ServerFacts & Record<string, unknown>>(
    `select current_setting('server_version_num')::int as version_num, current_setting('fsync') as fsync,
            current_setting('synchronous_commit') as synchronous_commit,
            current_setting('full_page_writes') as full_page_writes, current_setting('jit') as jit,
            current_setting('max_connections')::int as max_connections,
            (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as connections`,
  );
  return rows[0] as ServerFacts;
}

/** The same for everybody who is connected to the same database of the same running server, and for nobody else. */
export async function readDatabaseId(db: Queryable): Promise<string> {
  const { rows } = await db.query<{ database_id: string }>(
    `select md5(concat_ws(':', extract(epoch from pg_postmaster_start_time()), d.oid)) as database_id
     from pg_database d where d.datname = current_database()`,
  );
  return rows[0]?.database_id ?? '';
}
