// Reading batches: pages, newest first, and what the attempts of one came to. Counts stand on the row; the finisher keeps them.
// No statement here looks at processes or commands.

import type { BatchStatus } from '../../model/process.ts';
import type { Queryable } from '../pool.ts';
import { many, one } from '../rows.ts';

/** A batch as it is shown. */
export interface BatchRecord {
  batch_id: string;
  name: string | null;
  process_type: string | null;
  process_version: number | null;
  status: BatchStatus;
  total_count: number;
  created_count: number;
  completed_count: number;
  compensated_count: number;
  failed_count: number;
  canceled_count: number;
  waiting_count: number;
  in_troubleshooting_count: number;
  seed: string;
  input: Record<string, unknown>;
  behavior: Record<string, unknown> | null;
  first_ordinal: number;
  experiment: Record<string, unknown> | null;
  injection_stopped_at: Date | null;
  retry: { max_attempts: number; backoff_ms: number[] };
  lease_ms: number;
  created_at: Date;
  started_at: Date | null;
  rested_at: Date | null;
  completed_at: Date | null;
  cancel_requested_at: Date | null;
  counted_at: Date | null;
  /** When this was read, on the database's clock. */
  read_at: Date;
}

const COLUMNS = `b.batch_id, b.name, b.process_type, b.process_version, b.status, b.total_count, b.created_count,
  b.completed_count, b.compensated_count, b.failed_count, b.canceled_count, b.waiting_count, b.in_troubleshooting_count,
  b.seed, b.input, b.behavior, b.first_ordinal, b.experiment, b.injection_stopped_at, jsonb_build_object('max_attempts', b.max_attempts, 'backoff_ms', b.backoff_ms) as retry,
  b.lease_ms, b.created_at, b.started_at, b.rested_at, b.completed_at, b.cancel_requested_at, b.counted_at, now() as read_at`;

export interface BatchesPage {
  status?: BatchStatus;
  /** The last id of the page before. */
  before_id?: string;
  limit: number;
}

/** Process batches, newest first: ids are made in order of time. */
export function listBatches(db: Queryable, page: BatchesPage) {
  return many<BatchRecord>(
    db,
    `select ${COLUMNS} from faultline.batch b
     where b.kind = 'process' and b.pruning_at is null and ($1::text is null or b.status = $1) and ($2::uuid is null or b.batch_id < $2)
     order by b.batch_id desc limit $3`,
    [page.status ?? null, page.before_id ?? null, page.limit],
  );
}

/** One process batch; null when there is none of that id. */
export function findBatch(db: Queryable, batch_id: string) {
  return one<BatchRecord>(
    db,
    `select ${COLUMNS} from faultline.batch b where b.batch_id = $1 and b.kind = 'process' and b.pruning_at is null`,
    [batch_id],
  );
}

/** How many attempts of a batch came to the same, in the same slice of time. */
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

/** All attempts of a batch in one pass; attempt_ended, bounded by the batch's own time, keeps other batches out of it. */
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
