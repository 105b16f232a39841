// Statements on `reply`: insert, list, consume and delete in reply queues, and route kept replies of processes.
// Kept replies, which name a process, are listed but never consumed. A writing statement names one lane.

import type { Reply, ReplyOutcome } from '../../model/command.ts';
import type { Queryable, Tx } from '../pool.ts';
import { changed, many, one } from '../rows.ts';

export interface NewReply {
  reply_id: string;
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
  /** Its process ends without compensation. */
  keep_effects?: boolean;
}

/** Inserts replies of one lane into their queues. */
export async function insertReplies(tx: Tx, lane: number, replies: readonly NewReply[]): Promise<void> {
  if (replies.length === 0) return;
  const column = <K extends keyof NewReply>(key: K) => replies.map((reply) => reply[key]);
  await tx.query(
    `insert into faultline.reply (reply_id, lane, queue, command_id, process_id, correlation_id, batch_id, outcome, result,
       error_code, error_message, note, keep_effects)
     select i.reply_id, $1::smallint, i.queue, i.command_id, i.process_id, i.correlation_id, i.batch_id, i.outcome, i.result,
       i.error_code, i.error_message, i.note, i.keep_effects
     from unnest($2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::text[], $9::jsonb[], $10::text[],
       $11::text[], $12::text[], $13::boolean[]) as i(reply_id, queue, command_id, process_id, correlation_id, batch_id, outcome,
       result, error_code, error_message, note, keep_effects)`,
    [
      lane,
      column('reply_id'),
      column('queue'),
      column('command_id'),
      column('process_id'),
      column('correlation_id'),
      column('batch_id'),
      column('outcome'),
      replies.map((reply) => (reply.result === undefined ? null : JSON.stringify(reply.result))),
      column('error_code'),
      column('error_message'),
      column('note'),
      replies.map((reply) => reply.keep_effects ?? false),
    ],
  );
}

/** A reply in a queue. */
export interface ReplyRecord extends Omit<NewReply, 'keep_effects'> {
  lane: number;
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

/**
 * Consumes up to `limit` replies, oldest first, skipping locked ones. Never consumes a kept reply: its process awaits
 * it.
 */
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

export interface RoutableReply {
  reply_id: string;
  lane: number;
  command_id: string;
}

/** Kept replies of processes of these types and versions, oldest first. */
export function readRoutableReplies(db: Queryable, known: readonly { type: string; version: number }[], limit: number) {
  return many<RoutableReply>(
    db,
    `select r.reply_id, r.lane, r.command_id
     from faultline.reply r
       join faultline.process p on p.process_id = r.process_id and p.lane = r.lane
       join unnest($1::text[], $2::int[]) as k(process_type, version)
         on k.process_type = p.process_type and k.version = p.version
     where r.process_id is not null
     order by r.reply_id limit $3`,
    [known.map(({ type }) => type), known.map(({ version }) => version), limit],
  );
}

export interface KeptReply extends Reply {
  /** Its process ends without compensation. */
  keep_effects: boolean;
}

/** Locks a kept reply; null if it is locked or was routed. */
export function lockReplyIfKept(tx: Tx, lane: number, reply_id: string) {
  return one<KeptReply>(
    tx,
    `select r.outcome, r.result, r.error_code, r.error_message, r.keep_effects from faultline.reply r
     where r.reply_id = $1 and r.lane = $2 for update skip locked`,
    [reply_id, lane],
  );
}

export async function deleteReply(tx: Tx, lane: number, reply_id: string): Promise<void> {
  await tx.query('delete from faultline.reply r where r.reply_id = $1 and r.lane = $2', [reply_id, lane]);
}
