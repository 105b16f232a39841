// Statements on `event`, which records what no row of another table shows.

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

/** The errors of processes before their definition threw for the last time. */
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
