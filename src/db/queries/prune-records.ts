// Deleting old records that stand alone: jobs over the troubleshooting queue, idempotency keys, workers that are gone, and replies
// that nobody fetched. A bounded number each time; zero says that there is no more.

import { uuidArray } from '../arrays.ts';
import type { Queryable, Tx } from '../pool.ts';
import { affected, only } from '../rows.ts';
import { SLICE_ROWS } from './prune.ts';

/** What jobs that ended before the cutoff could not do, then the jobs themselves. */
export function deleteJobFailures(tx: Tx, cutoff: Date) {
  return affected(
    tx,
    `with doomed as materialized (
       select f.job_id, f.item_id from faultline.job j join faultline.job_failure f on f.job_id = j.job_id
       where j.began_at < $1 and j.completed_at < $1 limit ${SLICE_ROWS} for update of f skip locked
     )
     delete from faultline.job_failure f using doomed d where f.job_id = d.job_id and f.item_id = d.item_id`,
    [cutoff],
  );
}

export function deleteJobs(tx: Tx, cutoff: Date) {
  return affected(
    tx,
    `with doomed as materialized (
       select j.job_id from faultline.job j
       where j.began_at < $1 and j.completed_at < $1
         and not exists (select from faultline.job_failure f where f.job_id = j.job_id)
       order by j.began_at, j.job_id limit ${SLICE_ROWS} for update skip locked
     )
     delete from faultline.job j using doomed d where j.job_id = d.job_id`,
    [cutoff],
  );
}

/** Keys count for 24 hours. */
export function deleteIdempotencyKeys(tx: Tx) {
  return affected(
    tx,
    `with doomed as materialized (
       select k.key from faultline.idempotency_key k where k.created_at < now() - interval '24 hours'
       order by k.created_at limit ${SLICE_ROWS} for update skip locked
     )
     delete from faultline.idempotency_key k using doomed d where k.key = d.key`,
  );
}

/** Workers not heard of since the cutoff, and for an hour at least: so long they are listed. */
export function deleteWorkers(tx: Tx, cutoff: Date) {
  return affected(
    tx,
    `with doomed as materialized (
       select w.worker_id from faultline.worker w
       where w.heartbeat_at < least($1, now() - interval '1 hour') limit ${SLICE_ROWS} for update skip locked
     )
     delete from faultline.worker w using doomed d where w.worker_id = d.worker_id`,
    [cutoff],
  );
}

export interface ReplySlice {
  replies: { reply_id: string; lane: number }[];
  /** Where the next slice begins; null when this was the last. */
  next_id: string | null;
}

/**
 * Replies put into queues before the cutoff, by id: ids are made in order of time, by clocks that differ by less than a day.
 * Those kept for a process are not among them: a service that knows it will come.
 */
export async function readReplySlice(db: Queryable, cutoff: Date, after_id: string | null): Promise<ReplySlice> {
  const { rows } = await db.query<{ reply_id: string; lane: number; prunable: boolean }>(
    `select r.reply_id, r.lane, r.created_at < $1 and r.process_id is null as prunable
     from faultline.reply r
     where r.reply_id > $2::uuid and r.reply_id < $3::uuid
     order by r.reply_id limit ${SLICE_ROWS}`,
    [cutoff, after_id ?? idFrom(0), idFrom(cutoff.getTime() + DAY_MS)],
  );
  return {
    replies: rows.filter(({ prunable }) => prunable).map(({ reply_id, lane }) => ({ reply_id, lane })),
    next_id: rows.length < SLICE_ROWS ? null : (rows.at(-1)?.reply_id ?? null),
  };
}

const DAY_MS = 86_400_000;

/** The first id that can be made at a time. */
function idFrom(ms: number): string {
  const digits = ms.toString(16).padStart(12, '0');
  return `${digits.slice(0, 8)}-${digits.slice(8)}-0000-0000-000000000000`;
}

export function deleteReplies(tx: Tx, lane: number, reply_ids: readonly string[]) {
  return affected(
    tx,
    `with free as materialized (
       select r.reply_id from faultline.reply r where r.reply_id = any($1::uuid[]) and r.lane = $2
       order by r.reply_id for update skip locked
     )
     delete from faultline.reply r using free f where r.reply_id = f.reply_id and r.lane = $2`,
    [uuidArray(reply_ids), lane],
  );
}

/** How many records the statements above would delete in all; replies are counted where they are asked for. */
export function countRecords(db: Queryable, cutoff: Date, replies: boolean) {
  return only<RecordCounts>(
    db,
    `select (select count(*)::int from faultline.job j where j.began_at < $1 and j.completed_at < $1) as jobs,
       (select count(*)::int from faultline.idempotency_key k where k.created_at < now() - interval '24 hours') as idempotency_keys,
       (select count(*)::int from faultline.worker w where w.heartbeat_at < least($1, now() - interval '1 hour')) as workers,
       case when $2 then (select count(*)::int from faultline.reply r where r.created_at < $1 and r.process_id is null) else 0 end as replies`,
    [cutoff, replies],
  );
}

export interface RecordCounts {
  jobs: number;
  idempotency_keys: number;
  workers: number;
  replies: number;
}

const LAST_PRUNE = 'last_prune';

/** True for one caller an hour, over all workers. */
export async function takePruneTurn(db: Queryable): Promise<boolean> {
  return (
    (await affected(
      db,
      `insert into faultline.setting as s (key, value) values ($1, '{}')
     on conflict (key) do update set updated_at = now() where s.updated_at < now() - interval '1 hour'`,
      [LAST_PRUNE],
    )) === 1
  );
}

/** What the last prune came to: for whoever asks whether it is overdue. */
export async function recordPrune(db: Queryable, came_to: Record<string, unknown>): Promise<void> {
  await db.query(
    `insert into faultline.setting (key, value) values ($1, $2)
     on conflict (key) do update set value = excluded.value, updated_at = now()`,
    [LAST_PRUNE, JSON.stringify(came_to)],
  );
}
