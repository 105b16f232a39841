// Statements of jobs over the troubleshooting queue. The items of a job are listed in one snapshot, and one worker at a
// time takes items off the list: no item is processed twice, and the counts are exact.

import { uuidArray } from '../arrays.ts';
import type { Queryable, Tx } from '../pool.ts';
import { changed, many, one } from '../rows.ts';
import { microsOf, timestampOf } from './read-snapshot.ts';
import { ADVANCE_FAILED_PROCESSES, filterValues, PARKED_COMMANDS, type ParkedFilter } from './read-tsq.ts';

export type JobVerb = 'retry' | 'cancel' | 'complete';
export type JobStatus = 'RUNNING' | 'COMPLETED' | 'ABORTED';

export interface NewJob {
  job_id: string;
  verb: JobVerb;
  /** The filter as requested, for display. */
  filter: object;
  reason: string | null;
  actor: string;
  result: unknown;
  /** The maximum number of items of a slice. */
  slice_size: number;
}

/**
 * `items` selects command_id and lane, in order of processing; its parameters are moved behind the seven of the job.
 * Items are aggregated to one array per lane and sliced: numbering and sorting rows took half as long again for 100,000
 * items. `slice` is materialized so that its sort does not carry whole arrays.
 */
async function insertJob(tx: Tx, job: NewJob, items: string, values: unknown[]): Promise<number> {
  const { job_id, verb, filter, reason, actor, result, slice_size } = job;
  const json = result === undefined ? null : JSON.stringify(result);
  const moved = items.replace(/\$(\d)/g, (_, n) => `$${Number(n) + 7}`);
  const row = await one<{ total_count: number }>(
    tx,
    `with clock as materialized (select now() as at),
     chosen as materialized (select i.lane, array_agg(i.command_id) as ids from (${moved}) i group by i.lane),
     slice as materialized (
       select c.lane, c.ids[n:n + $7::int - 1] as item_ids, n
       from chosen c cross join lateral generate_series(1, cardinality(c.ids), $7::int) n
     ),
     counted as materialized (select coalesce(sum(cardinality(c.ids)), 0)::int as total_count from chosen c),
     inserted as (
       insert into faultline.job (job_id, verb, filter, reason, actor, result, status, total_count, began_at)
       select $1::uuid, $2, $3::jsonb, $4, $5, $6::jsonb, 'RUNNING', counted.total_count, clock.at from clock, counted
     ),
     listed as (
       insert into faultline.job_slice (job_id, slice_no, lane, item_ids)
       select $1::uuid, row_number() over (order by n, lane), lane, item_ids from slice
     )
     select total_count from counted`,
    [job_id, verb, JSON.stringify(filter), reason, actor, json, slice_size, ...values],
  );
  return row?.total_count ?? 0;
}

/**
 * Inserts a job over all items that match now; returns their number. Items parked between the beginning of the
 * transaction and this statement are excluded, because the verbs compare with `began_at`.
 */
export function insertJobOfFilter(tx: Tx, job: NewJob, filter: ParkedFilter) {
  return insertJob(
    tx,
    job,
    `(select c.command_id, c.lane from ${PARKED_COMMANDS} and c.parked_at <= (select at from clock) order by c.parked_at, c.command_id)
     union all
     (select c.command_id, c.lane from ${ADVANCE_FAILED_PROCESSES} and p.parked_at <= (select at from clock)
      order by p.parked_at, p.process_id)`,
    filterValues(filter),
  );
}

/** Inserts a job over these commands, in any status, each given once; returns their number. */
export function insertJobOfIds(tx: Tx, job: NewJob, items: readonly { command_id: string; lane: number }[]) {
  return insertJob(
    tx,
    job,
    'select i.command_id, i.lane from unnest($1::uuid[], $2::smallint[]) as i(command_id, lane)',
    [uuidArray(items.map(({ command_id }) => command_id)), items.map(({ lane }) => lane)],
  );
}

export interface RunningJob {
  job_id: string;
  verb: JobVerb;
  reason: string | null;
  actor: string;
  /** Null also if none was given; see `has_result`. */
  result: unknown;
  has_result: boolean;
  began_at_us: number;
}

/**
 * Locks a job until the end of the transaction. An advisory lock serves its waiters in order; with a lock of the row,
 * which each slice changes, an abort lost its turn to the next slice again and again.
 */
export async function lockJob(tx: Tx, job_id: string): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('faultline job ' || $1::text, 0))`, [job_id]);
}

/** Null if the job has ended. Call it under `lockJob`. */
export function readJobIfRunning(tx: Tx, job_id: string) {
  return one<RunningJob>(
    tx,
    `select j.job_id, j.verb, j.reason, j.actor, j.result, j.result is not null as has_result, ${microsOf('j.began_at')} as began_at_us
     from faultline.job j where j.job_id = $1 and j.status = 'RUNNING'`,
    [job_id],
  );
}

export interface JobSlice {
  slice_no: number;
  lane: number;
  item_ids: string[];
}

/** The first items of the next slice of a job; null if none is left. Call it under `lockJob`. */
export function readNextSlice(tx: Tx, job_id: string, limit: number) {
  return one<JobSlice>(
    tx,
    `select s.slice_no, s.lane, s.item_ids[1:$2] as item_ids from faultline.job_slice s
     where s.job_id = $1 order by s.slice_no limit 1`,
    [job_id, limit],
  );
}

/** Removes the first items of a slice from the list of a job. Call it under `lockJob`. */
export async function shortenSlice(tx: Tx, job_id: string, { slice_no, item_ids }: JobSlice): Promise<void> {
  const values = [job_id, slice_no, item_ids.length];
  const slice = `faultline.job_slice s where s.job_id = $1 and s.slice_no = $2 and cardinality(s.item_ids) <= $3`;
  if (await changed(tx, `delete from ${slice}`, values)) return;
  await tx.query(
    `update faultline.job_slice s set item_ids = s.item_ids[$3::int + 1:] where s.job_id = $1 and s.slice_no = $2`,
    values,
  );
}

export async function addJobCounts(
  tx: Tx,
  job_id: string,
  { done, failed }: { done: number; failed: number },
): Promise<void> {
  await tx.query(
    `update faultline.job j set done_count = j.done_count + $2, failed_count = j.failed_count + $3
     where j.job_id = $1 and j.status = 'RUNNING'`,
    [job_id, done, failed],
  );
}

export async function completeJobIfDone(tx: Tx, job_id: string): Promise<void> {
  await tx.query(
    `with clock as materialized (select now() as at)
     update faultline.job j set status = 'COMPLETED', completed_at = clock.at from clock
     where j.job_id = $1 and j.status = 'RUNNING' and not exists (select from faultline.job_slice s where s.job_id = $1)`,
    [job_id],
  );
}

/** Aborts a job and deletes the list of its remaining items; false if it is not running. Call it under `lockJob`. */
export async function abortJobIfRunning(tx: Tx, job_id: string, actor: string): Promise<boolean> {
  const aborted = await changed(
    tx,
    `with clock as materialized (select now() as at)
     update faultline.job j set status = 'ABORTED', completed_at = clock.at, aborted_by = $2 from clock
     where j.job_id = $1 and j.status = 'RUNNING'`,
    [job_id, actor],
  );
  if (aborted) await tx.query('delete from faultline.job_slice s where s.job_id = $1', [job_id]);
  return aborted;
}

export interface JobFailure {
  item_id: string;
  error_code: string;
  error_message: string;
}

export async function insertJobFailures(tx: Tx, job_id: string, failures: readonly JobFailure[]): Promise<void> {
  if (failures.length === 0) return;
  await tx.query(
    `with clock as materialized (select now() as at)
     insert into faultline.job_failure (job_id, item_id, error_code, error_message, at)
     select $1::uuid, i.item_id, i.error_code, i.error_message, clock.at
     from clock, unnest($2::uuid[], $3::text[], $4::text[]) as i(item_id, error_code, error_message)`,
    [
      job_id,
      uuidArray(failures.map((failure) => failure.item_id)),
      failures.map((failure) => failure.error_code),
      failures.map((failure) => failure.error_message),
    ],
  );
}

export interface JobRecord {
  job_id: string;
  verb: JobVerb;
  filter: Record<string, unknown>;
  reason: string | null;
  actor: string;
  status: JobStatus;
  total_count: number;
  done_count: number;
  failed_count: number;
  began_at: Date;
  completed_at: Date | null;
  aborted_by: string | null;
  /** From its beginning to its end or now, on the database's clock. */
  running_ms: number;
}

const JOB = `j.job_id, j.verb, j.filter, j.reason, j.actor, j.status, j.total_count, j.done_count, j.failed_count, j.began_at,
  j.completed_at, j.aborted_by, (extract(epoch from coalesce(j.completed_at, clock_timestamp()) - j.began_at) * 1000)::bigint as running_ms`;

export function readJob(db: Queryable, job_id: string) {
  return one<JobRecord>(db, `select ${JOB} from faultline.job j where j.job_id = $1`, [job_id]);
}

export interface JobPage {
  before?: { began_at_us: number; job_id: string };
  limit: number;
}

/** Newest first. */
export function listJobs(db: Queryable, { before, limit }: JobPage) {
  return many<JobRecord & { began_at_us: number }>(
    db,
    `select ${JOB}, ${microsOf('j.began_at')} as began_at_us from faultline.job j
     where $1::bigint is null or (j.began_at, j.job_id) < (${timestampOf('$1')}, $2::uuid)
     order by j.began_at desc, j.job_id desc limit $3`,
    [before?.began_at_us ?? null, before?.job_id ?? null, limit],
  );
}

/** The items that a job could not process, in order of id. */
export function listJobFailures(db: Queryable, job_id: string, { after, limit }: { after?: string; limit: number }) {
  return many<JobFailure & { at: Date }>(
    db,
    `select f.item_id, f.error_code, f.error_message, f.at from faultline.job_failure f
     where f.job_id = $1 and ($2::uuid is null or f.item_id > $2) order by f.item_id limit $3`,
    [job_id, after ?? null, limit],
  );
}
