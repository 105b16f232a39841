// Deleting old records that stand alone: jobs, idempotency keys, workers, and replies that were never consumed.
// Each statement deletes up to SLICE_ROWS rows; 0 means that none are left.

import { firstIdAt } from '../../model/ids.ts';
import { uuidArray } from '../arrays.ts';
import type { Queryable, Tx } from '../pool.ts';
import { affected, changed, many, only } from '../rows.ts';
import { IS_EXPIRED } from './idempotency.ts';
import { SLICE_ROWS } from './prune.ts';

/** The failures of jobs that ended before the cutoff. Delete these before the jobs. */
export function deleteJobFailures(tx: Tx, cutoff: Date) {
  return affected(
    tx,
    `with slice as materialized (
       select f.job_id, f.item_id from faultline.job j join faultline.job_failure f on f.job_id = j.job_id
       where j.began_at < $1 and j.completed_at < $1 limit ${SLICE_ROWS} for update of f skip locked
     )
     delete from faultline.job_failure f using slice s where f.job_id = s.job_id and f.item_id = s.item_id`,
    [cutoff],
  );
}

export function deleteJobs(tx: Tx, cutoff: Date) {
  return affected(
    tx,
    `with slice as materialized (
       select j.job_id from faultline.job j
       where j.began_at < $1 and j.completed_at < $1
         and not exists (select from faultline.job_failure f where f.job_id = j.job_id)
       order by j.began_at, j.job_id limit ${SLICE_ROWS} for update skip locked
     )
     delete from faultline.job j using slice s where j.job_id = s.job_id`,
    [cutoff],
  );
}

/** Workers are listed for an hour after their last heartbeat. */
const IS_GONE = `w.heartbeat_at < least($1, now() - interval '1 hour')`;

export function deleteWorkers(tx: Tx, cutoff: Date) {
  return affected(
    tx,
    `with slice as materialized (
       select w.worker_id from faultline.worker w where ${IS_GONE} limit ${SLICE_ROWS} for update skip locked
     )
     delete from faultline.worker w using slice s where w.worker_id = s.worker_id`,
    [cutoff],
  );
}

export interface ReplySlice {
  replies: { reply_id: string; lane: number }[];
  /** The start of the next slice; null after the last one. */
  next_id: string | null;
}

/**
 * Replies put into queues before the cutoff, by id: ids are made in order of time, by clocks that differ by less than a
 * day.
 * Kept replies of processes are never pruned.
 */
export async function readReplySlice(db: Queryable, cutoff: Date, after_id: string | null): Promise<ReplySlice> {
  const rows = await many<{ reply_id: string; lane: number; prunable: boolean }>(
    db,
    `select r.reply_id, r.lane, r.created_at < $1 and r.process_id is null as prunable
     from faultline.reply r
     where r.reply_id > $2::uuid and r.reply_id < $3::uuid
     order by r.reply_id limit ${SLICE_ROWS}`,
    [cutoff, after_id ?? firstIdAt(0), firstIdAt(cutoff.getTime() + DAY_MS)],
  );
  return {
    replies: rows.filter(({ prunable }) => prunable).map(({ reply_id, lane }) => ({ reply_id, lane })),
    next_id: rows.length < SLICE_ROWS ? null : (rows.at(-1)?.reply_id ?? null),
  };
}

const DAY_MS = 86_400_000;

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

/** The number of records that the statements above delete in all. */
export function countRecords(db: Queryable, cutoff: Date, replies: boolean) {
  return only<RecordCounts>(
    db,
    `select (select count(*)::int from faultline.job j where j.began_at < $1 and j.completed_at < $1) as jobs,
       (select count(*)::int from faultline.idempotency_key k where ${IS_EXPIRED}) as idempotency_keys,
       (select count(*)::int from faultline.worker w where ${IS_GONE}) as workers,
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

/** True for one caller per hour, over all workers. */
export function takePruneTurn(db: Queryable) {
  return changed(
    db,
    `insert into faultline.setting as s (key, value) values ($1, '{}')
     on conflict (key) do update set updated_at = now() where s.updated_at < now() - interval '1 hour'`,
    [LAST_PRUNE],
  );
}

/** Stores the result of the last prune, from which `faultline doctor` sees whether one is overdue. */
export async function recordPrune(db: Queryable, result: Record<string, unknown>): Promise<void> {
  await db.query(
    `insert into faultline.setting (key, value) values ($1, $2)
     on conflict (key) do update set value = excluded.value, updated_at = now()`,
    [LAST_PRUNE, JSON.stringify(result)],
  );
}
