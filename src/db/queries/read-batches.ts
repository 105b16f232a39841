// Reading batches: pages, newest first, and the attempts of one. Counts are columns of the row, kept by the finisher:
// no statement counts processes or commands, except those in progress.

import type { BatchStatus } from '../../model/process.ts';
import type { Queryable } from '../pool.ts';
import { many, one } from '../rows.ts';
import type { Batch, BatchCounts } from './batches.ts';

type Shown =
  | 'batch_id'
  | 'name'
  | 'status'
  | 'total_count'
  | 'seed'
  | 'input'
  | 'behavior'
  | 'lease_ms'
  | 'created_at'
  | 'cancel_requested_at';

interface ShownBatch extends Pick<Batch, Shown>, BatchCounts {
  started_at: Date | null;
  rested_at: Date | null;
  completed_at: Date | null;
  /** When this was read, on the database's clock. */
  read_at: Date;
}

/** A process batch as it is shown. */
export interface BatchRecord
  extends ShownBatch,
    Pick<Batch, 'process_type' | 'process_version' | 'first_ordinal' | 'experiment' | 'injection_stopped_at'> {
  retry: { max_attempts: number; backoff_ms: number[] };
  counted_at: Date | null;
}

/** A command batch as it is shown. */
export interface CommandBatchRecord extends Omit<ShownBatch, 'compensated_count'>, Pick<Batch, 'custom' | 'reply_to'> {
  retry: { max_attempts: number; backoff_ms: number[]; jitter_pct: number };
  closed_at: Date | null;
}

const SHOWN = `b.batch_id, b.name, b.status, b.total_count, b.created_count, b.completed_count, b.failed_count, b.canceled_count,
  b.waiting_count, b.in_troubleshooting_count, b.seed, b.input, b.behavior, b.lease_ms, b.created_at, b.started_at, b.rested_at,
  b.completed_at, b.cancel_requested_at, now() as read_at`;

const PROCESS_BATCHES = `select ${SHOWN}, b.process_type, b.process_version, b.compensated_count, b.first_ordinal, b.experiment,
  b.injection_stopped_at, b.counted_at, jsonb_build_object('max_attempts', b.max_attempts, 'backoff_ms', b.backoff_ms) as retry
  from faultline.batch b where b.kind = 'process' and b.pruning_at is null`;
const COMMAND_BATCHES = `select ${SHOWN}, b.custom, b.reply_to, b.closed_at,
  jsonb_build_object('max_attempts', b.max_attempts, 'backoff_ms', b.backoff_ms, 'jitter_pct', b.jitter_pct) as retry
  from faultline.batch b where b.kind = 'command' and b.pruning_at is null`;

export interface BatchesPage {
  status?: BatchStatus;
  /** The last id of the page before. */
  before_id?: string;
  limit: number;
}

/** Newest first: ids are made in order of time. */
function list<R>(db: Queryable, batches: string, { status, before_id, limit }: BatchesPage) {
  return many<R>(
    db,
    `${batches} and ($1::text is null or b.status = $1) and ($2::uuid is null or b.batch_id < $2) order by b.batch_id desc limit $3`,
    [status ?? null, before_id ?? null, limit],
  );
}

export function listBatches(db: Queryable, page: BatchesPage) {
  return list<BatchRecord>(db, PROCESS_BATCHES, page);
}

export function listCommandBatches(db: Queryable, page: BatchesPage) {
  return list<CommandBatchRecord>(db, COMMAND_BATCHES, page);
}

export function findBatch(db: Queryable, batch_id: string) {
  return one<BatchRecord>(db, `${PROCESS_BATCHES} and b.batch_id = $1`, [batch_id]);
}

export function findCommandBatch(db: Queryable, batch_id: string) {
  return one<CommandBatchRecord>(db, `${COMMAND_BATCHES} and b.batch_id = $1`, [batch_id]);
}

/** Figures that are not on the row of a command batch: its commands in progress, and its replies in queues. */
export async function countUnderWay(db: Queryable, batch_id: string) {
  const counts = await one<{ in_progress: number; replies_waiting: number }>(
    db,
    `select
       (select count(*)::int from faultline.command c
        where c.batch_id = $1 and c.purpose = 'standalone' and c.status = 'IN_PROGRESS') as in_progress,
       (select count(*)::int from faultline.reply r where r.batch_id = $1 and r.process_id is null) as replies_waiting`,
    [batch_id],
  );
  return counts ?? { in_progress: 0, replies_waiting: 0 };
}

/** The number of attempts of a batch with the same outcome in the same slice of time. */
export interface AttemptTally {
  purpose: 'step' | 'compensation';
  /** As visited: `query`, `query#2`. */
  step: string;
  outcome: string;
  fault: string | null;
  /** Slices of `slice_ms` since `from`, from 0. */
  slice: number;
  count: number;
}

/** All attempts of a batch in one pass. The time span of the batch lets attempt_ended skip the attempts of others. */
export function tallyAttempts(db: Queryable, batch_id: string, span: { from: Date; to: Date; slice_ms: number }) {
  return many<AttemptTally>(
    db,
    `select a.purpose, a.step, a.outcome, a.fault, count(*)::int as count,
       floor(extract(epoch from a.ended_at - $2::timestamptz)::float8 * 1000 / $4::int)::int as slice
     from faultline.attempt a
     where a.batch_id = $1 and a.ended_at >= $2::timestamptz and a.ended_at <= $3::timestamptz
       and a.purpose in ('step', 'compensation')
     group by a.purpose, a.step, a.outcome, a.fault, slice`,
    [batch_id, span.from, span.to, span.slice_ms],
  );
}
