// Statements on `batch` and `idempotency_key`: create, count, end, cancel.

import type { BatchStatus } from '../../model/process.ts';
import { uuidArray } from '../arrays.ts';
import type { Queryable, Tx } from '../pool.ts';
import { affected, ids, many, one, only } from '../rows.ts';

export interface BatchRow {
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
  /** The sender's own. */
  custom?: Record<string, unknown> | null;
  /** The queue that is told of its end. */
  reply_to?: string | null;
  /** The ordinal of its first process (0). */
  first_ordinal?: number;
  /** The launcher's own: opaque here. */
  experiment?: Record<string, unknown> | null;
  /** Set by the database. */
  created_at?: Date;
  /** Since then nothing is injected into it any more. */
  injection_stopped_at?: Date | null;
  /** Since then it is cancelled, wherever it is. */
  cancel_requested_at?: Date | null;
}

const BATCH_COLUMNS = `batch_id, kind, name, process_type, process_version, domain, status, total_count, seed, input, behavior,
  max_attempts, backoff_ms, lease_ms, jitter_pct`;
const READ_COLUMNS = `${BATCH_COLUMNS}, closed_at is not null as closed, custom, reply_to, first_ordinal, experiment, created_at,
  injection_stopped_at, cancel_requested_at`;

export async function insertBatch(tx: Tx, batch: BatchRow): Promise<void> {
  await tx.query(
    `insert into faultline.batch (${BATCH_COLUMNS}, closed_at, custom, reply_to, first_ordinal, experiment)
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
      batch.behavior === null ? null : JSON.stringify(batch.behavior),
      batch.max_attempts,
      batch.backoff_ms,
      batch.lease_ms,
      batch.jitter_pct ?? 0,
      batch.closed ?? true,
      batch.custom ? JSON.stringify(batch.custom) : null,
      batch.reply_to ?? null,
      batch.first_ordinal ?? 0,
      batch.experiment ? JSON.stringify(batch.experiment) : null,
    ],
  );
}

/**
 * A batch, held against cancellation until the transaction ends. Not against counting: under `for share` the finisher waited
 * for a moment without any chunk under way, and the progress of a launch of 50,000 stood still for 3 s at a time.
 */
export function shareBatch(tx: Tx, batch_id: string) {
  return one<BatchRow>(tx, `select ${READ_COLUMNS} from faultline.batch where batch_id = $1 for key share`, [batch_id]);
}

export function readBatch(db: Queryable, batch_id: string) {
  return one<BatchRow>(db, `select ${READ_COLUMNS} from faultline.batch where batch_id = $1`, [batch_id]);
}

/**
 * CREATING, RUNNING or AT_REST -> CANCELING; false when it was not in one of these, or was cancelled before. Waits for the chunks under way (see
 * shareBatch). New ones pass the queue of waiters, so cancel those that are still to come before.
 */
export async function markCancelingIfOpen(tx: Tx, batch_id: string): Promise<boolean> {
  return (
    (await affected(
      tx,
      `with open as materialized (
       select batch_id from faultline.batch where batch_id = $1 and status in ('CREATING', 'RUNNING', 'AT_REST')
         and cancel_requested_at is null for update
     )
     update faultline.batch b set status = 'CANCELING', cancel_requested_at = now(), rested_at = null,
       closed_at = coalesce(b.closed_at, now())
     from open where b.batch_id = open.batch_id`,
      [batch_id],
    )) === 1
  );
}

export interface OpenBatch {
  batch_id: string;
  kind: 'process' | 'command';
  status: BatchStatus;
  total_count: number;
  /** It takes no more commands. */
  closed: boolean;
  /** It was cancelled, wherever it is. */
  canceled: boolean;
  reply_to: string | null;
}

const OPEN_BATCH = `batch_id, kind, status, total_count, closed_at is not null as closed, cancel_requested_at is not null as canceled, reply_to`;
const IS_OPEN = `status not in ('COMPLETED', 'COMPLETED_WITH_FAILURES', 'CANCELED')`;

export function listOpenBatches(db: Queryable) {
  return ids(db, `select batch_id from faultline.batch where ${IS_OPEN}`);
}

/**
 * A batch that has not ended, held until the transaction ends against whoever would reopen it: what is counted after this is what
 * its status says. Fails (55P03) when somebody else holds it for `most_ms`.
 */
export async function lockBatchIfOpen(tx: Tx, batch_id: string, most_ms: number): Promise<OpenBatch | null> {
  await tx.query(`select set_config('lock_timeout', $1, true)`, [`${most_ms}ms`]);
  return one<OpenBatch>(
    tx,
    `select ${OPEN_BATCH} from faultline.batch where batch_id = $1 and ${IS_OPEN} for no key update`,
    [batch_id],
  );
}

/** Locks the batches of commands of one lane, in order of id; returns those at rest. Which batch a command is of never changes. */
export async function lockBatchesOfCommands(tx: Tx, lane: number, command_ids: readonly string[]): Promise<string[]> {
  const { rows } = await tx.query<{ batch_id: string; status: BatchStatus }>(
    `select b.batch_id, b.status from faultline.batch b
     where b.batch_id = any(array(
       select distinct c.batch_id from faultline.command c
       where c.command_id = any($2::uuid[]) and c.lane = $1::smallint))
     order by b.batch_id for no key update`,
    [lane, uuidArray(command_ids)],
  );
  return rows.flatMap(({ batch_id, status }) => (status === 'AT_REST' ? [batch_id] : []));
}

export interface BatchCounts {
  created_count: number;
  completed_count: number;
  compensated_count: number;
  failed_count: number;
  canceled_count: number;
  waiting_count: number;
  in_troubleshooting_count: number;
}

/** From the index (batch_id, status). */
const PROCESS_COUNTS = `count(*)::int as created_count,
  count(*) filter (where status = 'COMPLETED')::int as completed_count,
  count(*) filter (where status = 'COMPENSATED')::int as compensated_count,
  count(*) filter (where status = 'FAILED')::int as failed_count,
  count(*) filter (where status = 'CANCELED')::int as canceled_count,
  count(*) filter (where status in ('WAITING_FOR_REPLY', 'COMPENSATING'))::int as waiting_count,
  count(*) filter (where status = 'WAITING_FOR_TSQ')::int as in_troubleshooting_count`;

/** From the index command_batch_status. */
const COMMAND_COUNTS = `count(*)::int as created_count,
  count(*) filter (where status = 'COMPLETED')::int as completed_count,
  0 as compensated_count,
  count(*) filter (where status = 'FAILED')::int as failed_count,
  count(*) filter (where status = 'CANCELED')::int as canceled_count,
  count(*) filter (where status in ('PENDING', 'IN_PROGRESS'))::int as waiting_count,
  count(*) filter (where status = 'IN_TROUBLESHOOTING_QUEUE')::int as in_troubleshooting_count`;

/** Counts a batch's processes, in one snapshot. */
export function countProcesses(db: Queryable, batch_id: string) {
  return only<BatchCounts>(db, `select ${PROCESS_COUNTS} from faultline.process where batch_id = $1`, [batch_id]);
}

/** Counts a batch's commands, in one snapshot. */
export function countCommands(db: Queryable, batch_id: string) {
  return only<BatchCounts>(
    db,
    `select ${COMMAND_COUNTS} from faultline.command where batch_id = $1 and purpose = 'standalone'`,
    [batch_id],
  );
}

export interface ReopenedBatch extends BatchCounts {
  batch_id: string;
  status: BatchStatus;
}

const COUNTED = `created_count, completed_count, compensated_count, failed_count, canceled_count, waiting_count, in_troubleshooting_count`;
const countedOf = (table: string) =>
  COUNTED.split(', ')
    .map((column) => `${table}.${column}`)
    .join(', ');

/** AT_REST -> RUNNING, or CANCELING where it was cancelled, with new counts: those whose counts are not what they rest with. */
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
       counted_at = now(), (${COUNTED}) = row(${countedOf('c')})
     from counted c
     where b.batch_id = c.batch_id and b.status = 'AT_REST' and (${countedOf('b')}) is distinct from (${countedOf('c')})
     returning b.batch_id, b.status, ${countedOf('b')}`,
    [uuidArray(batch_ids)],
  );
}

/** Writes counts and the next status, if the batch still has the status the decision was made from. */
export async function updateBatchIfStill(
  tx: Tx,
  batch_id: string,
  from: BatchStatus,
  to: BatchStatus,
  counts: BatchCounts,
): Promise<boolean> {
  return (
    (await affected(
      tx,
      `update faultline.batch
     set status = $3, created_count = $4, completed_count = $5, compensated_count = $6, failed_count = $7,
       canceled_count = $8, waiting_count = $9, in_troubleshooting_count = $10, counted_at = now(),
       started_at = coalesce(started_at, case kind
         when 'process' then (select p.created_at from faultline.process p where p.batch_id = $1 order by p.ordinal limit 1)
         else (select min(c.created_at) from faultline.command c where c.batch_id = $1 and c.purpose = 'standalone') end),
       rested_at = case when $3 = 'AT_REST' then coalesce(rested_at, now()) end,
       completed_at = case when $3 in ('COMPLETED', 'COMPLETED_WITH_FAILURES', 'CANCELED') then now() end
     where batch_id = $1 and status = $2`,
      [
        batch_id,
        from,
        to,
        counts.created_count,
        counts.completed_count,
        counts.compensated_count,
        counts.failed_count,
        counts.canceled_count,
        counts.waiting_count,
        counts.in_troubleshooting_count,
      ],
    )) === 1
  );
}

export interface Idempotency {
  key: string;
  /** Hash of the canonical request body. */
  request_hash: string;
}

/**
 * Claims an idempotency key for `batch_id`. Waits for a concurrent claim of the same key to commit.
 * @returns null when the key is now ours, else what it was used for within the last 24 hours.
 */
export async function claimIdempotencyKey(
  tx: Tx,
  idempotency: Idempotency,
  batch_id: string,
): Promise<{ request_hash: string; batch_id: string } | null> {
  const { rows: taken } = await tx.query<{ request_hash: string; batch_id: string }>(
    `insert into faultline.idempotency_key as k (key, request_hash, batch_id) values ($1, $2, $3)
     on conflict (key) do update
       set request_hash = case when k.created_at < now() - interval '24 hours' then excluded.request_hash else k.request_hash end,
         batch_id = case when k.created_at < now() - interval '24 hours' then excluded.batch_id else k.batch_id end,
         created_at = case when k.created_at < now() - interval '24 hours' then now() else k.created_at end
     returning request_hash, batch_id`,
    [idempotency.key, idempotency.request_hash, batch_id],
  );
  const row = taken[0];
  return row === undefined || row.batch_id === batch_id ? null : row;
}

/** Why some of a batch could not be created yet; null when nothing stands in its way. Named so that the index command_internal is found. */
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
