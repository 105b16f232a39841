// Statements of turbulence: the batches that can have some now, its occurrences, and the connections to terminate.
// Each occurrence is an event of its batch, written before it happens, so that a restarted supervisor does not repeat
// it.

import type { Queryable, Tx } from '../../db/pool.ts';
import { changed, count, many } from '../../db/rows.ts';
import { ENDED_BATCH } from '../../db/statuses.ts';
import type { Turbulence, TurbulenceKind } from '../experiment.ts';
import type { TurbulenceOccurrences } from '../turbulence.ts';
import { IS_CHAOS_STOPPED } from './lab-control.ts';

/** `b` is an open batch that is not at rest, with turbulence, and its injection is not stopped. */
const TURBULENCE_MAY_RUN = `b.status not in ${ENDED_BATCH} and b.status <> 'AT_REST' and b.injection_stopped_at is null
  and b.experiment ? 'turbulence' and not ${IS_CHAOS_STOPPED}`;

export interface TurbulentBatch {
  batch_id: string;
  turbulence: Turbulence;
  /** Since it was created, on the database's clock. */
  since_launch_ms: number;
  last: TurbulenceOccurrences;
}

/** The batches that can have turbulence now. The index event_turbulence finds the last occurrence of each kind. */
export function readTurbulentBatches(db: Queryable, kinds: readonly TurbulenceKind[]) {
  return many<TurbulentBatch>(db, {
    name: 'read_turbulent_batches',
    text: `
select b.batch_id, b.experiment -> 'turbulence' as turbulence,
  floor(extract(epoch from now() - b.created_at) * 1000)::float8 as since_launch_ms, coalesce(l.last, '{}') as last
from faultline.batch b cross join lateral (
  select jsonb_object_agg(k.kind, jsonb_build_object('due_ms', e.details -> 'due_ms', 'nth', e.details -> 'nth')) as last
  from unnest($1::text[]) as k(kind) cross join lateral (
    select e.details from faultline.event e
    where e.type = 'TURBULENCE' and e.batch_id = b.batch_id and e.details ->> 'kind' = k.kind
    order by e.event_id desc limit 1) e) l
where ${TURBULENCE_MAY_RUN}
order by b.batch_id`,
    values: [kinds],
  });
}

/** Locks a batch, so that its turbulence is written one at a time; false if it can have none any more. */
export function lockIfTurbulenceMayRun(tx: Tx, batch_id: string) {
  return changed(
    tx,
    `select from faultline.batch b where b.batch_id = $1 and ${TURBULENCE_MAY_RUN} for no key update`,
    [batch_id],
  );
}

export interface NewTurbulence {
  kind: string;
  due_ms: number;
  nth: number;
  [detail: string]: unknown;
}

/**
 * Writes an occurrence before it happens; false if one of its kind that was due as late was written. Call it under the
 * lock.
 */
export function insertTurbulenceOnce(tx: Tx, batch_id: string, turbulence: NewTurbulence) {
  return changed(
    tx,
    `insert into faultline.event (lane, type, batch_id, actor, details)
     select 0, 'TURBULENCE', $1::uuid, 'turbulence', $2::jsonb
     where not exists (
       select from faultline.event e
       where e.type = 'TURBULENCE' and e.batch_id = $1::uuid and e.details ->> 'kind' = $2::jsonb ->> 'kind'
         and (e.details ->> 'due_ms')::float8 >= ($2::jsonb ->> 'due_ms')::float8)`,
    [batch_id, JSON.stringify(turbulence)],
  );
}

/** The newest `limit` occurrences of a batch, oldest first. */
export async function listTurbulence<Kind extends string>(
  db: Queryable,
  batch_id: string,
  kinds: readonly Kind[],
  limit: number,
) {
  const newest = await many<{ at: Date; kind: Kind; details: Record<string, unknown> }>(
    db,
    `select e.at, k.kind, e.details - 'kind' as details
     from unnest($2::text[]) as k(kind) cross join lateral (
       select e.at, e.event_id, e.details from faultline.event e
       where e.type = 'TURBULENCE' and e.batch_id = $1 and e.details ->> 'kind' = k.kind
       order by e.event_id desc limit $3) e
     order by e.event_id desc limit $3`,
    [batch_id, kinds, limit],
  );
  return newest.reverse();
}

/** The other client connections of this role to this database. */
const OTHER_BACKENDS = `pg_stat_activity a
  where a.datname = current_database() and a.usename = current_user and a.backend_type = 'client backend' and a.pid <> pg_backend_pid()`;

export function countOtherBackends(db: Queryable) {
  return count(db, `select count(*)::int as count from ${OTHER_BACKENDS}`);
}

export async function terminateOtherBackends(db: Queryable): Promise<void> {
  await db.query(`select pg_terminate_backend(a.pid) from ${OTHER_BACKENDS}`);
}
