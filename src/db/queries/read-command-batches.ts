// Reading command batches: pages, newest first, and one with what its commands came to. Counts stand on the row; the finisher keeps them.

import type { BatchStatus } from '../../model/process.ts';
import type { Queryable } from '../pool.ts';
import { many, one } from '../rows.ts';

export interface CommandBatchRecord {
  batch_id: string;
  name: string | null;
  status: BatchStatus;
  custom: Record<string, unknown> | null;
  reply_to: string | null;
  closed_at: Date | null;
  total_count: number;
  created_count: number;
  completed_count: number;
  failed_count: number;
  canceled_count: number;
  waiting_count: number;
  in_troubleshooting_count: number;
  input: Record<string, unknown>;
  behavior: Record<string, unknown> | null;
  retry: { max_attempts: number; backoff_ms: number[]; jitter_pct: number };
  lease_ms: number;
  seed: string;
  created_at: Date;
  started_at: Date | null;
  rested_at: Date | null;
  completed_at: Date | null;
  cancel_requested_at: Date | null;
  read_at: Date;
}

const COLUMNS = `b.batch_id, b.name, b.status, b.custom, b.reply_to, b.closed_at, b.total_count, b.created_count, b.completed_count,
  b.failed_count, b.canceled_count, b.waiting_count, b.in_troubleshooting_count, b.input, b.behavior, b.seed, b.lease_ms,
  jsonb_build_object('max_attempts', b.max_attempts, 'backoff_ms', b.backoff_ms, 'jitter_pct', b.jitter_pct) as retry,
  b.created_at, b.started_at, b.rested_at, b.completed_at, b.cancel_requested_at, now() as read_at`;

export function listCommandBatches(db: Queryable, page: { status?: BatchStatus; before_id?: string; limit: number }) {
  return many<CommandBatchRecord>(
    db,
    `select ${COLUMNS} from faultline.batch b
     where b.kind = 'command' and b.pruning_at is null
       and ($1::text is null or b.status = $1) and ($2::uuid is null or b.batch_id < $2)
     order by b.batch_id desc limit $3`,
    [page.status ?? null, page.before_id ?? null, page.limit],
  );
}

export function findCommandBatch(db: Queryable, batch_id: string) {
  return one<CommandBatchRecord>(
    db,
    `select ${COLUMNS} from faultline.batch b where b.batch_id = $1 and b.kind = 'command' and b.pruning_at is null`,
    [batch_id],
  );
}

/** What the row does not say: how many are being attempted now, and how many replies wait in queues. */
export async function countUnderWay(
  db: Queryable,
  batch_id: string,
): Promise<{ in_progress: number; replies_waiting: number }> {
  const { rows } = await db.query<{ in_progress: number; replies_waiting: number }>(
    `select
       (select count(*)::int from faultline.command c
        where c.batch_id = $1 and c.purpose = 'standalone' and c.status = 'IN_PROGRESS') as in_progress,
       (select count(*)::int from faultline.reply r where r.batch_id = $1 and r.process_id is null) as replies_waiting`,
    [batch_id],
  );
  return rows[0] ?? { in_progress: 0, replies_waiting: 0 };
}
