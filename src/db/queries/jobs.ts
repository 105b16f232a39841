// Statements of jobs over the troubleshooting queue. What a job has yet to do is a list of its own, made in one snapshot and
// only ever shortened, by one at a time: so nothing is done twice and the counts are exact.

import { uuidArray } from '../arrays.ts';
import type { Queryable, Tx } from '../pool.ts';
import { many, one, only } from '../rows.ts';
import { microsOf, timestampOf } from './read-snapshot.ts';
import { ADVANCE_FAILED_PROCESSES, filterValues, PARKED_COMMANDS, type ParkedFilter } from './read-tsq.ts';

export type JobVerb = 'retry' | 'cancel' | 'complete';
export type JobStatus = 'RUNNING' | 'COMPLETED' | 'ABORTED';

export interface NewJob {
  job_id: string;
  verb: JobVerb;
  /** What was asked for, to be shown. */
  filter: object;
  reason: string | null;
  actor: string;
  result: unknown;
  /** Items of one slice at most. */
  slice_size: number;
}

/**
 * `items` answers command_id and lane, in the order of their doing. Gathered to one array a lane and cut from that: numbered and
 * sorted row by row instead, 100,000 items took half as long again. `slice` is materialized, or its sort would carry whole arrays.
 */
const insertText = (items: string, first: number) => `
with clock as materialized (select now() as at),
chosen as materialized (select i.lane, array_agg(i.command_id) as ids from (${items}) i group by i.lane),
slice as materialized (
  select c.lane, c.ids[n:n + $${first + 6}::int - 1] as item_ids, n
  from chosen c cross join lateral generate_series(1, cardinality(c.ids), $${first + 6}::int) n
),
counted as materialized (select coalesce(sum(cardinality(c.ids)), 0)::int as total_count from chosen c),
inserted as (
  insert into faultline.job (job_id, verb, filter, reason, actor, result, status, total_count, began_at)
  select $${first}::uuid, $${first + 1}, $${first + 2}::jsonb, $${first + 3}, $${first + 4}, $${first + 5}::jsonb, 'RUNNING', counted.total_count, clock.at
  from clock, counted
),
listed as (
  insert into faultline.job_slice (job_id, slice_no, lane, item_ids)
  select $${first}::uuid, row_number() over (order by n, lane), lane, item_ids from slice
)
select total_count from counted`;

// What was parked since this transaction began, but before this statement, is no part of it: the verbs go by `began_at`.
const INSERT_OF_FILTER = insertText(
  `(select c.command_id, c.lane from ${PARKED_COMMANDS} and c.parked_at <= (select at from clock) order by c.parked_at, c.command_id)
   union all
   (select c.command_id, c.lane from ${ADVANCE_FAILED_PROCESSES} and p.parked_at <= (select at from clock) order by p.parked_at, p.process_id)`,
  8,
);

const INSERT_OF_IDS = insertText(
  'select i.command_id, i.lane from unnest($1::uuid[], $2::smallint[]) as i(command_id, lane)',
  3,
);

const jobValues = ({ job_id, verb, filter, reason, actor, result, slice_size }: NewJob) => [
  job_id,
  verb,
  JSON.stringify(filter),
  reason,
  actor,
  result === undefined ? null : JSON.stringify(result),
  slice_size,
];

/** A job over all that matches now. Returns how many. */
export async function insertJobOfFilter(tx: Tx, job: NewJob, filter: ParkedFilter): Promise<number> {
  return (await only<{ total_count: number }>(tx, INSERT_OF_FILTER, [...filterValues(filter), ...jobValues(job)]))
    .total_count;
}

/** A job over these commands, each given once, whatever became of them. */
export async function insertJobOfIds(
  tx: Tx,
  job: NewJob,
  items: readonly { command_id: string; lane: number }[],
): Promise<number> {
  const ids = uuidArray(items.map((item) => item.command_id));
  const lanes = items.map((item) => item.lane);
  return (await only<{ total_count: number }>(tx, INSERT_OF_IDS, [ids, lanes, ...jobValues(job)])).total_count;
}

export interface RunningJob {
  job_id: string;
  verb: JobVerb;
  reason: string | null;
  actor: string;
  /** Null also where none was given; `has_result` tells. */
  result: unknown;
  has_result: boolean;
  began_at_us: number;
}

/**
 * Until the end of the transaction nobody else works on the job or aborts it. Whoever waits comes next: in the queue for a row that
 * each slice changes, an abort lost its turn to the next slice time and again.
 */
export async function takeTurnOfJob(tx: Tx, job_id: string): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('faultline job ' || $1::text, 0))`, [job_id]);
}

/** In one's turn; null when it has ended. */
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

/** The first `most` items of the next slice of a job, in one's turn; null when nothing is left. */
export function readNextSlice(tx: Tx, job_id: string, most: number) {
  return one<JobSlice>(
    tx,
    `select s.slice_no, s.lane, s.item_ids[1:$2] as item_ids from faultline.job_slice s
     where s.job_id = $1 order by s.slice_no limit 1`,
    [job_id, most],
  );
}

/** Takes the first items of a slice off the list of a job, in one's turn. */
export async function shortenSlice(tx: Tx, job_id: string, { slice_no, item_ids }: JobSlice): Promise<void> {
  const taken = [job_id, slice_no, item_ids.length];
  const { rowCount } = await tx.query(
    `delete from faultline.job_slice s where s.job_id = $1 and s.slice_no = $2 and cardinality(s.item_ids) <= $3`,
    taken,
  );
  if (rowCount === 1) return;
  await tx.query(
    `update faultline.job_slice s set item_ids = s.item_ids[$3::int + 1:] where s.job_id = $1 and s.slice_no = $2`,
    taken,
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

/** Ends the job and forgets what it had yet to do. False when it was not running. In one's turn. */
export async function abortJobIfRunning(tx: Tx, job_id: string, actor: string): Promise<boolean> {
  const { rowCount } = await tx.query(
    `with clock as materialized (select now() as at)
     update faultline.job j set status = 'ABORTED', completed_at = clock.at, aborted_by = $2 from clock
     where j.job_id = $1 and j.status = 'RUNNING'`,
    [job_id, actor],
  );
  if (rowCount !== 1) return false;
  await tx.query('delete from faultline.job_slice s where s.job_id = $1', [job_id]);
  return true;
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
  /** From its beginning to its end, or to now, on the database's clock. */
  running_ms: number;
}

const JOB = `j.job_id, j.verb, j.filter, j.reason, j.actor, j.status, j.total_count, j.done_count, j.failed_count, j.began_at,
  j.completed_at, j.aborted_by, (extract(epoch from coalesce(j.completed_at, clock_timestamp()) - j.began_at) * 1000)::bigint as running_ms`;

type Row = JobRecord & Record<string, unknown>;

export function readJob(db: Queryable, job_id: string) {
  return one<Row>(db, `select ${JOB} from faultline.job j where j.job_id = $1`, [job_id]);
}

export interface JobPage {
  before?: { began_at_us: number; job_id: string };
  limit: number;
}

/** The newest first. */
export function listJobs(db: Queryable, { before, limit }: JobPage) {
  return many<Row & { began_at_us: number }>(
    db,
    `select ${JOB}, ${microsOf('j.began_at')} as began_at_us from faultline.job j
     where $1::bigint is null or (j.began_at, j.job_id) < (${timestampOf('$1')}, $2::uuid)
     order by j.began_at desc, j.job_id desc limit $3`,
    [before?.began_at_us ?? null, before?.job_id ?? null, limit],
  );
}

/** What a job could not do, in order of id. */
export function listJobFailures(db: Queryable, job_id: string, { after, limit }: { after?: string; limit: number }) {
  return many<JobFailure & { at: Date }>(
    db,
    `select f.item_id, f.error_code, f.error_message, f.at from faultline.job_failure f
     where f.job_id = $1 and ($2::uuid is null or f.item_id > $2) order by f.item_id limit $3`,
    [job_id, after ?? null, limit],
  );
}
