// Statements on reply queues: list, consume, delete. Kept replies of processes are listed, but never consumed.
// A writing statement names one lane.

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
  /** Why it is kept, if no reply_to asked for it. */
  note: string | null;
  created_at: Date;
}

const COLUMNS = `r.reply_id, r.lane, r.queue, r.command_id, r.process_id, r.correlation_id, r.batch_id, r.outcome, r.result,
  r.error_code, r.error_message, r.note, r.created_at`;

export interface QueueRecord {
  queue: string;
  count: number;
  kept_count: number;
  oldest_at: Date;
}

/** Queues that are not empty, by name. One pass over the index; reads only the oldest reply of each queue. */
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

/** Replies, oldest first: ids are made in order of time. Consumes none. */
export function listReplies(db: Queryable, page: RepliesPage) {
  return many<ReplyRecord>(
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
  return one<ReplyRecord>(db, `select ${COLUMNS} from faultline.reply r where r.reply_id = $1`, [reply_id]);
}

/** Consumes up to `limit` replies, oldest first, skipping locked ones. Never consumes a kept reply: its process awaits it. */
export function takeReplies(tx: Tx, lane: number, queue: string, limit: number) {
  return many<ReplyRecord>(
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

/** Deletes a reply, unless its process awaits it; false if it does not exist. */
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
