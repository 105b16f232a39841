// Statements on reply queues: look, take, delete. Kept replies of processes are shown in them, but never taken.
// Writing statements name one lane.

import type { ReplyOutcome } from '../../model/command.ts';
import type { Queryable, Tx } from '../pool.ts';
import { changed, many, one } from '../rows.ts';

/** A reply as it is shown and consumed. */
export interface ReplyRecord {
  reply_id: string;
  lane: number;
  queue: string;
  /** Null for the end of a batch. */
  command_id: string | null;
  process_id: string | null;
  correlation_id: string | null;
  batch_id: string | null;
  outcome: ReplyOutcome;
  result: unknown;
  error_code: string | null;
  error_message: string | null;
  /** Why it is kept, where nobody asked for it. */
  note: string | null;
  created_at: Date;
}

type Row = ReplyRecord & Record<string, unknown>;

const COLUMNS = `r.reply_id, r.lane, r.queue, r.command_id, r.process_id, r.correlation_id, r.batch_id, r.outcome, r.result,
  r.error_code, r.error_message, r.note, r.created_at`;

export interface QueueRecord {
  queue: string;
  count: number;
  kept_count: number;
  oldest_at: Date;
}

/** Queues that hold something, by name. One pass over the index; only the oldest of each queue is read. */
export function listReplyQueues(db: Queryable) {
  return many<QueueRecord>(
    db,
    `select q.queue, q.count, coalesce(k.count, 0) as kept_count, o.created_at as oldest_at
     from (select r.queue, count(*)::int as count from faultline.reply r group by r.queue) q
       left join (select r.queue, count(*)::int as count from faultline.reply r where r.process_id is not null group by r.queue) k
         on k.queue = q.queue
       cross join lateral (select r.created_at from faultline.reply r where r.queue = q.queue order by r.reply_id limit 1) o
     order by q.queue`,
  );
}

export interface RepliesPage {
  queue?: string;
  batch_id?: string;
  /** The last id of the page before. */
  after_id?: string;
  limit: number;
}

/** Replies, oldest first: ids are made in order of time. Takes nothing. */
export function listReplies(db: Queryable, page: RepliesPage) {
  return many<Row>(
    db,
    `select ${COLUMNS} from faultline.reply r
     where ${page.queue === undefined ? '$1::text is null' : 'r.queue = $1'}
       and ${page.batch_id === undefined ? '$2::uuid is null' : 'r.batch_id = $2'}
       and ($3::uuid is null or r.reply_id > $3)
     order by r.reply_id limit $4`,
    [page.queue ?? null, page.batch_id ?? null, page.after_id ?? null, page.limit],
  );
}

export function findReply(db: Queryable, reply_id: string) {
  return one<Row>(db, `select ${COLUMNS} from faultline.reply r where r.reply_id = $1`, [reply_id]);
}

/**
 * Deletes and returns up to `limit` replies that somebody asked for, oldest first, passing over those that others are taking.
 * A kept reply is not among them: its process would wait forever.
 */
export function takeReplies(tx: Tx, lane: number, queue: string, limit: number) {
  return many<Row>(
    tx,
    `with taken as materialized (
       select r.reply_id from faultline.reply r
       where r.queue = $2 and r.lane = $1::smallint and r.process_id is null
       order by r.reply_id limit $3 for update skip locked
     )
     delete from faultline.reply r
     where r.reply_id = any(array(select t.reply_id from taken t)) and r.lane = $1::smallint
     returning ${COLUMNS}`,
    [lane, queue, limit],
  );
}

/** Deletes one reply, unless the process that it is kept for awaits it; false when it was not there. */
export function deleteReplyUnlessAwaited(tx: Tx, lane: number, reply_id: string) {
  return changed(
    tx,
    `delete from faultline.reply r
     where r.reply_id = $1 and r.lane = $2::smallint and not exists (
       select 1 from faultline.process p
       where p.process_id = r.process_id and p.lane = r.lane and p.awaiting_command_id = r.command_id)`,
    [reply_id, lane],
  );
}
