// Statements of turbulence: which batches may be disturbed now, what was done to them, and the backends that are cut off.
// Every turbulence is an event of its batch, written before it happens; nobody who starts again does it again.

import type { Queryable, Tx } from '../../db/pool.ts';
import { affected, count, many } from '../../db/rows.ts';

/** What is open and works, unless somebody stopped chaos: of this batch, or altogether. */
const TURBULENCE_MAY_RUN = `b.status not in ('COMPLETED', 'COMPLETED_WITH_FAILURES', 'CANCELED') and b.status <> 'AT_REST'
  and b.injection_stopped_at is null and b.experiment ->> 'turbulence' is not null
  and not exists (select from faultline.setting s where s.key = 'chaos_stopped')`;

export interface TurbulentBatch<Kind extends string> {
  batch_id: string;
  /** As it was launched with. */
  turbulence: Record<string, unknown>;
  /** Since it was created, on the database's clock. */
  since_launch_ms: number;
  /** By kind: when the last one was due, in ms since the launch, and the sequence number it was. */
  done: Partial<Record<Kind, { due_ms: number; nth: number }>>;
}

/** The batches that may be disturbed now. The last of each kind is found by event_turbulence, however many there were. */
export async function readTurbulentBatches<Kind extends string>(
  db: Queryable,
  kinds: readonly Kind[],
): Promise<TurbulentBatch<Kind>[]> {
  return many<TurbulentBatch<Kind>>(db, {
    name: 'read_turbulent_batches',
    text: `
select b.batch_id, b.experiment -> 'turbulence' as turbulence,
  floor(extract(epoch from now() - b.created_at) * 1000)::float8 as since_launch_ms, coalesce(last.done, '{}') as done
from faultline.batch b cross join lateral (
  select jsonb_object_agg(k.kind, jsonb_build_object('due_ms', e.details -> 'due_ms', 'nth', e.details -> 'nth')) as done
  from unnest($1::text[]) as k(kind) cross join lateral (
    select e.details from faultline.event e
    where e.type = 'TURBULENCE' and e.batch_id = b.batch_id and e.details ->> 'kind' = k.kind
    order by e.event_id desc limit 1) e) last
where ${TURBULENCE_MAY_RUN}
order by b.batch_id`,
    values: [kinds],
  });
}

/** Holds a batch still, so that one turbulence of it is written at a time; false when it may not be disturbed any more. */
export async function lockIfTurbulenceMayRun(tx: Tx, batch_id: string): Promise<boolean> {
  return (
    (await affected(
      tx,
      `select from faultline.batch b where b.batch_id = $1 and ${TURBULENCE_MAY_RUN} for no key update`,
      [batch_id],
    )) === 1
  );
}

export interface NewTurbulence {
  kind: string;
  due_ms: number;
  nth: number;
  [detail: string]: unknown;
}

/** Writes a turbulence that is about to happen; false when one of its kind that was due as late is written already. Under the lock. */
export async function insertTurbulenceOnce(tx: Tx, batch_id: string, turbulence: NewTurbulence): Promise<boolean> {
  return (
    (await affected(
      tx,
      `insert into faultline.event (lane, type, batch_id, actor, details)
     select 0, 'TURBULENCE', $1::uuid, 'turbulence', $2::jsonb
     where not exists (
       select from faultline.event e
       where e.type = 'TURBULENCE' and e.batch_id = $1::uuid and e.details ->> 'kind' = $2::jsonb ->> 'kind'
         and (e.details ->> 'due_ms')::float8 >= ($2::jsonb ->> 'due_ms')::float8)`,
      [batch_id, JSON.stringify(turbulence)],
    )) === 1
  );
}

/** What was done to a batch, oldest first; the newest `limit`. */
export async function listTurbulence<Kind extends string>(
  db: Queryable,
  batch_id: string,
  kinds: readonly Kind[],
  limit: number,
): Promise<{ at: Date; kind: Kind; details: Record<string, unknown> }[]> {
  const { rows } = await db.query<{ at: Date; kind: Kind; details: Record<string, unknown> }>(
    `select e.at, k.kind, e.details - 'kind' as details
     from unnest($2::text[]) as k(kind) cross join lateral (
       select e.at, e.event_id, e.details from faultline.event e
       where e.type = 'TURBULENCE' and e.batch_id = $1 and e.details ->> 'kind' = k.kind
       order by e.event_id desc limit $3) e
     order by e.event_id desc limit $3`,
    [batch_id, kinds, limit],
  );
  return rows.reverse();
}

/** Connections of clients to this database under this role, but ours: those of other roles are not ours to end. */
const OTHER_BACKENDS = `pg_stat_activity a
  where a.datname = current_database() and a.usename = current_user and a.backend_type = 'client backend' and a.pid <> pg_backend_pid()`;

export function countOtherBackends(db: Queryable) {
  return count(db, `select count(*)::int as count from ${OTHER_BACKENDS}`);
}

export async function terminateOtherBackends(db: Queryable): Promise<void> {
  await db.query(`select pg_terminate_backend(a.pid) from ${OTHER_BACKENDS}`);
}
