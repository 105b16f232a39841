// Statements on `event` and `reply`: what the rows of command and attempt do not show.

import type { ReplyOutcome } from '../../model/command.ts';
import type { Queryable, Tx } from '../pool.ts';

export type EventType =
  | 'LATE_RESULT_DISCARDED'
  | 'LATE_EFFECT_UNDONE'
  | 'COMMAND_CANCELED'
  | 'OPERATOR_RETRY'
  | 'OPERATOR_CANCEL'
  | 'OPERATOR_COMPLETE'
  | 'DEADLINE_EXCEEDED'
  | 'PROCESS_COMPENSATING'
  | 'ADVANCE_FAILED'
  | 'REPLY_IGNORED'
  | 'BATCH_STARTED'
  | 'BATCH_AT_REST'
  | 'BATCH_REOPENED'
  | 'BATCH_CANCEL_REQUESTED'
  | 'BATCH_COMPLETED'
  | 'BEHAVIOR_CHANGED'
  | 'STOP_CONDITION_MET'
  | 'INJECTION_STOPPED'
  | 'CHAOS_STOPPED'
  | 'CHAOS_RESUMED'
  | 'TURBULENCE'
  | 'DATABASE_AWAY';

export interface NewEvent {
  type: EventType;
  command_id?: string | null;
  process_id?: string | null;
  batch_id?: string | null;
  attempt?: number | null;
  actor?: string | null;
  reason?: string | null;
  details?: Record<string, unknown> | null;
}

/** Appends events of one lane. */
export async function insertEvents(tx: Queryable, lane: number, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  await tx.query(
    `insert into faultline.event (lane, type, command_id, process_id, batch_id, attempt, actor, reason, details)
     select $1::smallint, i.* from unnest($2::text[], $3::uuid[], $4::uuid[], $5::uuid[], $6::int[], $7::text[], $8::text[],
       $9::jsonb[]) as i(type, command_id, process_id, batch_id, attempt, actor, reason, details)`,
    [
      lane,
      events.map((event) => event.type),
      events.map((event) => event.command_id ?? null),
      events.map((event) => event.process_id ?? null),
      events.map((event) => event.batch_id ?? null),
      events.map((event) => event.attempt ?? null),
      events.map((event) => event.actor ?? null),
      events.map((event) => event.reason ?? null),
      events.map((event) => (event.details ? JSON.stringify(event.details) : null)),
    ],
  );
}

export interface Cause {
  error_code: string | null;
  error_message: string | null;
}

/** What processes had failed with when, the last time, their own code threw. */
export async function readCausesBeforeAdvanceFailed(
  tx: Tx,
  process_ids: readonly string[],
): Promise<Map<string, Cause>> {
  const { rows } = await tx.query<Cause & { process_id: string }>(
    `select distinct on (e.process_id) e.process_id, e.details ->> 'error_code' as error_code,
       e.details ->> 'error_message' as error_message
     from faultline.event e
     where e.process_id = any($1::uuid[]) and e.type = 'ADVANCE_FAILED' and not e.details ? 'late'
     order by e.process_id, e.event_id desc`,
    [process_ids],
  );
  return new Map(rows.map(({ process_id, ...cause }) => [process_id, cause]));
}

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
  note: string | null;
  /** The process it is kept for ends without undoing what it did. */
  keep_effects?: boolean;
}

/** Puts replies of one lane into their queues. */
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
