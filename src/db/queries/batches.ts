// Statements on `batch`: create, lock, close, cancel and end.

import type { BatchStatus } from '../../model/process.ts';
import { uuidArray } from '../arrays.ts';
import type { Queryable, Tx } from '../pool.ts';
import { changed, ids, many, one, only } from '../rows.ts';
import { ENDED_BATCH } from '../statuses.ts';

export interface NewBatch {
  batch_id: string;
  kind: 'process' | 'command';
  name: string | null;
  process_type: string | null;
  process_version: number | null;
  domain: string;
  status: BatchStatus;
  total_count: number;
  seed: string;
  input: Record<string, unknown>;
  behavior: Record<string, unknown> | null;
  max_attempts: number;
  backoff_ms: number[];
  jitter_pct?: number;
  lease_ms: number;
  /** It takes no more commands (true). */
  closed?: boolean;
  /** Data of the sender. */
  custom?: Record<string, unknown> | null;
  /** The queue that gets a reply at its end. */
  reply_to?: string | null;
  /** The ordinal of its first process (0). */
  first_ordinal?: number;
  experiment?: Record<string, unknown> | null;
}

export interface Batch extends Required<NewBatch> {
  created_at: Date;
  /** The time since when nothing is injected into it. */
  injection_stopped_at: Date | null;
  cancel_requested_at: Date | null;
}

const jsonOf = (document: object | null | undefined) => (document ? JSON.stringify(document) : null);

export async function insertBatch(tx: Tx, batch: NewBatch): Promise<void> {
  await tx.query(
    `insert into faultline.batch (batch_id, kind, name, process_type, process_version, domain, status, total_count, seed, input, behavior,
       max_attempts, backoff_ms, lease_ms, jitter_pct, closed_at, custom, reply_to, first_ordinal, experiment)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, case when $16 then now() end, $17, $18, $19, $20)`,
    [
      batch.batch_id,
      batch.kind,
      batch.name,
      batch.process_type,
      batch.process_version,
      batch.domain,
      batch.status,
      batch.total_count,
      batch.seed,
      JSON.stringify(batch.input),
      jsonOf(batch.behavior),
      batch.max_attempts,
      batch.backoff_ms,
      batch.lease_ms,
      batch.jitter_pct ?? 0,
      batch.closed ?? true,
      jsonOf(batch.custom),
      batch.reply_to ?? null,
      batch.first_ordinal ?? 0,
      jsonOf(batch.experiment),
    ],
  );
}

const READ = `select batch_id, kind, name, process_type, process_version, domain, status, total_count, seed, input, behavior, max_attempts,
    backoff_ms, lease_ms, jitter_pct, closed_at is not null as closed, custom, reply_to, first_ordinal, experiment, created_at,
    injection_stopped_at, cancel_requested_at
  from faultline.batch`;

/**
 * Holds a batch against cancellation until the transaction ends, but not against counting: under `for share` the
 * finisher waited for a moment without any chunk in progress, and the progress of a launch of 50,000 stood still for 3
 * s at a time.
 */
export function shareBatch(tx: Tx, batch_id: string) {
  return one<Batch>(tx, `${READ} where batch_id = $1 for key share`, [batch_id]);
}

export function readBatch(db: Queryable, batch_id: string) {
  return one<Batch>(db, `${READ} where batch_id = $1`, [batch_id]);
}

/** Reserves `count` more ordinals in an open command batch of at most `max`; returns the first one, or null. */
export async function joinBatchIfOpen(tx: Tx, batch_id: string, count: number, max: number): Promise<number | null> {
  const row = await one<{ ordinal: number }>(
    tx,
    `update faultline.batch b set total_count = b.total_count + $2::int
     where b.batch_id = $1 and b.kind = 'command' and b.closed_at is null and b.status = 'CREATING'
       and b.total_count + $2::int <= $3::int
     returning b.total_count - $2::int as ordinal`,
    [batch_id, count, max],
  );
  return row?.ordinal ?? null;
}

/** Closes an open command batch; null if it is closed, or no command batch. Waits for transactions that add to it. */
export async function closeBatchIfOpen(tx: Tx, batch_id: string): Promise<Date | null> {
  const row = await one<{ closed_at: Date }>(
    tx,
    `update faultline.batch b set closed_at = now()
     where b.batch_id = $1 and b.kind = 'command' and b.closed_at is null and b.status = 'CREATING'
     returning b.closed_at`,
    [batch_id],
  );
  return row?.closed_at ?? null;
}

/**
 * CREATING, RUNNING or AT_REST -> CANCELING; false in another status, or if it was cancelled before. Waits for the
 * chunks in progress (see shareBatch). New chunks pass the queue of waiters, so cancel pending ones first.
 */
export function markCancelingIfOpen(tx: Tx, batch_id: string) {
  return changed(
    tx,
    `with open as materialized (
       select batch_id from faultline.batch where batch_id = $1 and status in ('CREATING', 'RUNNING', 'AT_REST')
         and cancel_requested_at is null for update
     )
     update faultline.batch b set status = 'CANCELING', cancel_requested_at = now(), rested_at = null,
       closed_at = coalesce(b.closed_at, now())
     from open where b.batch_id = open.batch_id`,
    [batch_id],
  );
}

/** Commands of a batch that were never claimed, in order of id. */
export function readUnattemptedCommands(db: Queryable, batch_id: string, after_id: string | null, limit: number) {
  return ids(
    db,
    `select c.command_id from faultline.command c
     where c.batch_id = $1 and c.purpose = 'standalone' and c.status = 'PENDING' and c.attempts = 0
       and ($2::uuid is null or c.command_id > $2)
     order by c.command_id limit $3`,
    [batch_id, after_id, limit],
  );
}

export interface OpenBatch extends Pick<Batch, 'batch_id' | 'kind' | 'status' | 'total_count' | 'closed' | 'reply_to'> {
  /** Its cancellation was requested. */
  canceled: boolean;
}

const IS_OPEN = `status not in ${ENDED_BATCH}`;

export function listOpenBatches(db: Queryable) {
  return ids(db, `select batch_id from faultline.batch where ${IS_OPEN}`);
}

/**
 * Locks a batch that has not ended against reopening, so that its status fits what is counted next. Fails (55P03) when
 * the lock is not free within `max_ms`.
 */
export async function lockBatchIfOpen(tx: Tx, batch_id: string, max_ms: number) {
  await tx.query(`select set_config('lock_timeout', $1, true)`, [`${max_ms}ms`]);
  return one<OpenBatch>(
    tx,
    `select batch_id, kind, status, total_count, closed_at is not null as closed, cancel_requested_at is not null as canceled, reply_to
     from faultline.batch where batch_id = $1 and ${IS_OPEN} for no key update`,
    [batch_id],
  );
}

/**
 * Locks the batches of commands of one lane, in order of id; returns those at rest. The batch of a command never
 * changes.
 */
export async function lockBatchesOfCommands(tx: Tx, lane: number, command_ids: readonly string[]): Promise<string[]> {
  const batches = await many<{ batch_id: string; status: BatchStatus }>(
    tx,
    `select b.batch_id, b.status from faultline.batch b
     where b.batch_id = any(array(
       select distinct c.batch_id from faultline.command c
       where c.command_id = any($2::uuid[]) and c.lane = $1::smallint))
     order by b.batch_id for no key update`,
    [lane, uuidArray(command_ids)],
  );
  return batches.flatMap(({ batch_id, status }) => (status === 'AT_REST' ? [batch_id] : []));
}

const COUNTS = [
  'created_count',
  'completed_count',
  'compensated_count',
  'failed_count',
  'canceled_count',
  'waiting_count',
  'in_troubleshooting_count',
] as const;
export type BatchCounts = Record<(typeof COUNTS)[number], number>;

const countsOf = (table: string) => COUNTS.map((column) => `${table}.${column}`).join(', ');

/** Read from the index process_batch_status. */
const PROCESS_COUNTS = `count(*)::int as created_count,
  count(*) filter (where status = 'COMPLETED')::int as completed_count,
  count(*) filter (where status = 'COMPENSATED')::int as compensated_count,
  count(*) filter (where status = 'FAILED')::int as failed_count,
  count(*) filter (where status = 'CANCELED')::int as canceled_count,
  count(*) filter (where status in ('WAITING_FOR_REPLY', 'COMPENSATING'))::int as waiting_count,
  count(*) filter (where status = 'WAITING_FOR_TSQ')::int as in_troubleshooting_count`;

/** Read from the index command_batch_status. */
const COMMAND_COUNTS = `count(*)::int as created_count,
  count(*) filter (where status = 'COMPLETED')::int as completed_count,
  0 as compensated_count,
  count(*) filter (where status = 'FAILED')::int as failed_count,
  count(*) filter (where status = 'CANCELED')::int as canceled_count,
  count(*) filter (where status in ('PENDING', 'IN_PROGRESS'))::int as waiting_count,
  count(*) filter (where status = 'IN_TROUBLESHOOTING_QUEUE')::int as in_troubleshooting_count`;

export function countProcesses(db: Queryable, batch_id: string) {
  return only<BatchCounts>(db, `select ${PROCESS_COUNTS} from faultline.process where batch_id = $1`, [batch_id]);
}

export function countCommands(db: Queryable, batch_id: string) {
  const commands = `faultline.command where batch_id = $1 and purpose = 'standalone'`;
  return only<BatchCounts>(db, `select ${COMMAND_COUNTS} from ${commands}`, [batch_id]);
}

export interface ReopenedBatch extends BatchCounts, Pick<Batch, 'batch_id' | 'status'> {}

/** AT_REST -> RUNNING, or CANCELING if it was cancelled, with new counts: the batches whose counts have changed. */
export function reopenIfChanged(tx: Tx, batch_ids: readonly string[]) {
  return many<ReopenedBatch>(
    tx,
    `with counted as materialized (
       select batch_id, ${PROCESS_COUNTS} from faultline.process where batch_id = any($1::uuid[]) group by batch_id
       union all
       select batch_id, ${COMMAND_COUNTS} from faultline.command
       where batch_id = any($1::uuid[]) and purpose = 'standalone' group by batch_id
     )
     update faultline.batch b
     set status = case when b.cancel_requested_at is null then 'RUNNING' else 'CANCELING' end, rested_at = null,
       counted_at = now(), (${COUNTS.join(', ')}) = row(${countsOf('c')})
     from counted c
     where b.batch_id = c.batch_id and b.status = 'AT_REST' and (${countsOf('b')}) is distinct from (${countsOf('c')})
     returning b.batch_id, b.status, ${countsOf('b')}`,
    [uuidArray(batch_ids)],
  );
}

/** Writes counts and the next status if the batch still has the status the decision was based on. */
export function updateBatchIfStill(tx: Tx, batch_id: string, from: BatchStatus, to: BatchStatus, counts: BatchCounts) {
  return changed(
    tx,
    `update faultline.batch
     set status = $3, (${COUNTS.join(', ')}) = row($4::int, $5::int, $6::int, $7::int, $8::int, $9::int, $10::int), counted_at = now(),
       started_at = coalesce(started_at, case kind
         when 'process' then (select p.created_at from faultline.process p where p.batch_id = $1 order by p.ordinal limit 1)
         else (select min(c.created_at) from faultline.command c where c.batch_id = $1 and c.purpose = 'standalone') end),
       rested_at = case when $3 = 'AT_REST' then coalesce(rested_at, now()) end,
       completed_at = case when $3 in ${ENDED_BATCH} then now() end
     where batch_id = $1 and status = $2`,
    [batch_id, from, to, ...COUNTS.map((column) => counts[column])],
  );
}

/**
 * Why a part of a batch could not be created yet; null if nothing failed. The purposes are named so that
 * command_internal is used.
 */
export function readLaunchError(db: Queryable, batch_id: string) {
  return one<{ error_code: string; error_message: string; attempts: number }>(
    db,
    `select c.error_code, c.error_message, c.attempts
     from faultline.command c
     where c.batch_id = $1 and c.purpose in ('chunk', 'job') and c.purpose = 'chunk' and c.error_code is not null
       and c.status || '' <> 'COMPLETED'
     order by c.created_at, c.command_id limit 1`,
    [batch_id],
  );
}
