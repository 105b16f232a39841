// Reads what was recorded of a batch for its verdict: processes with their commands and attempts, window by window, and
// the events of the batch. All statements run in the caller's snapshot.

import type { Tx } from '../../db/pool.ts';
import type { CommandPurpose, CommandStatus } from '../../model/command.ts';
import type { BatchStatus, ProcessStatus } from '../../model/process.ts';
import type { Span } from '../failures.ts';
import { ATTEMPT_CONDITIONS, COMMAND_CONDITIONS, PROCESS_CONDITIONS, violated } from './consistency.ts';

export type RecordedBatch = {
  batch_id: string;
  process_type: string;
  process_version: number;
  status: BatchStatus;
  total_count: number;
  created_count: number;
  first_ordinal: number;
  seed: string;
  input: Record<string, unknown>;
  behavior: Record<string, unknown> | null;
  /** The share of its processes that chaos may touch; null for all. */
  scope_pct: number | null;
  max_attempts: number;
  backoff_ms: number[];
  jitter_pct: number;
};

/** Null when there is no such batch of processes. */
export async function readRecordedBatch(tx: Tx, batch_id: string): Promise<RecordedBatch | null> {
  const { rows } = await tx.query<RecordedBatch>(
    `select b.batch_id, b.process_type, b.process_version, b.status, b.total_count, b.created_count, b.first_ordinal, b.seed, b.input,
       b.behavior, (b.experiment ->> 'scope_pct')::float8 as scope_pct, b.max_attempts, b.backoff_ms, b.jitter_pct
     from faultline.batch b where b.batch_id = $1 and b.kind = 'process' and b.pruning_at is null`,
    [batch_id],
  );
  return rows[0] ?? null;
}

/** An attempt that ended. */
export interface RecordedAttempt {
  attempt: number;
  outcome: string;
  effect: string;
  fault: string | null;
  reason: string | null;
  error_code: string | null;
  error_message: string | null;
  started_ms: number;
  ended_ms: number;
  retry_ms: number | null;
  /** See consistency.ts. */
  inconsistent: string;
}

export interface RecordedCommand {
  command_id: string;
  /** Null when a process lists a command that does not exist. */
  purpose: CommandPurpose | null;
  type: string;
  /** Its type, if it is of no step. */
  step: string;
  status: CommandStatus;
  attempts: number;
  attempts_limit: number;
  max_attempts: number;
  interruptions: number;
  error_code: string | null;
  error_message: string | null;
  deadline_ms: number | null;
  on_deadline: string | null;
  payload: unknown;
  result: unknown;
  /** Chaos announced a behavior on the command. */
  annotated: boolean;
  behavior: Record<string, unknown> | null;
  /** Attempts into which nothing was injected because injection was stopped. */
  suppressed: number[] | null;
  inconsistent: string;
  attempted: RecordedAttempt[];
}

export type RecordedProcess = {
  process_id: string;
  ordinal: number;
  process_type: string;
  version: number;
  status: ProcessStatus;
  current_step: string | null;
  awaiting_command_id: string | null;
  path: string[];
  undo: number | null;
  ending: string | null;
  keep_effects: boolean;
  error_code: string | null;
  error_message: string | null;
  deadline_ms: number | null;
  on_deadline: string | null;
  state: Record<string, unknown>;
  inconsistent: string;
  /** In the order in which they were sent. */
  commands: RecordedCommand[];
};

const ms = (moment: string) => `(extract(epoch from ${moment}) * 1000)::float8`;

/** `$1` is the batch, `$2` and `$3` are the ordinals from and below which processes are read. */
export const PROCESSES_TEXT = `
select p.process_id, p.ordinal, p.process_type, p.version, p.status, p.current_step, p.awaiting_command_id, p.path, p.undo, p.ending,
  p.keep_effects, p.error_code, p.error_message, p.deadline_ms, p.on_deadline, p.state, ${violated(PROCESS_CONDITIONS)} as inconsistent,
  coalesce((
    select json_agg(sent order by sent.position)
    from (
      select i.position, i.command_id, c.purpose, c.type, coalesce(c.step, c.type) as step, c.status, c.attempts, c.attempts_limit, c.max_attempts, c.interruptions,
        c.error_code, c.error_message, c.deadline_ms, c.on_deadline, c.payload, c.result, c.annotated, t.behavior, t.suppressed,
        ${violated(COMMAND_CONDITIONS)} as inconsistent,
        coalesce((
          select json_agg(ended order by ended.attempt)
          from (
            select a.attempt, a.outcome, a.effect, a.fault, a.reason, a.error_code, a.error_message, ${ms('a.started_at')} as started_ms,
              ${ms('a.ended_at')} as ended_ms, ${ms('a.retry_at')} as retry_ms, ${violated(ATTEMPT_CONDITIONS)} as inconsistent
            from faultline.attempt a where a.command_id = c.command_id and a.lane = c.lane
          ) ended), '[]') as attempted
      from unnest(p.command_ids) with ordinality as i(command_id, position)
        left join faultline.command c on c.command_id = i.command_id and c.lane = p.lane
        left join e2e.test_command t on t.command_id = c.command_id and t.lane = c.lane
    ) sent), '[]') as commands
from faultline.batch b join faultline.process p on p.batch_id = b.batch_id
where b.batch_id = $1 and p.ordinal >= $2 and p.ordinal < $3 order by p.ordinal`;

export async function readRecordedProcesses(
  tx: Tx,
  batch_id: string,
  { from, to }: { from: number; to: number },
): Promise<RecordedProcess[]> {
  const { rows } = await tx.query<RecordedProcess>(PROCESSES_TEXT, [batch_id, from, to]);
  return rows;
}

/**
 * For the rest of the transaction rows are read by key: with stale statistics the planner reads whole tables for each
 * window. The transaction may be idle while an application lists its storage.
 */
export async function readByKey(tx: Tx): Promise<void> {
  await tx.query(`set local idle_in_transaction_session_timeout = 0; set local jit = off; set local max_parallel_workers_per_gather = 0;
    set local enable_seqscan = off; set local enable_bitmapscan = off; set local enable_hashjoin = off; set local enable_mergejoin = off`);
}

/** Returns those of `ids` (any text) that are processes of the batch. */
export async function findProcessesOf(tx: Tx, batch_id: string, ids: readonly string[]): Promise<string[]> {
  const { rows } = await tx.query<{ process_id: string }>(
    'select p.process_id from faultline.process p where p.batch_id = $1 and p.process_id::text = any($2::text[])',
    [batch_id, ids],
  );
  return rows.map(({ process_id }) => process_id);
}

export type RecordedEvent = {
  type: string;
  command_id: string;
  process_id: string;
  attempt: number | null;
  reason: string | null;
  details: Record<string, unknown> | null;
};

/** The events of operators, cancellations, deadlines and failed process code in the batch, in order. */
export async function readRecordedEvents(tx: Tx, batch_id: string): Promise<RecordedEvent[]> {
  const { rows } = await tx.query<RecordedEvent>(
    `select e.type, e.command_id, e.process_id, e.attempt, e.reason, e.details
     from faultline.event e
     where e.batch_id = $1 and e.command_id is not null and e.process_id is not null and e.type in ('OPERATOR_RETRY', 'OPERATOR_CANCEL',
       'OPERATOR_COMPLETE', 'COMMAND_CANCELED', 'DEADLINE_EXCEEDED', 'ADVANCE_FAILED', 'LATE_EFFECT_UNDONE')
     order by e.event_id`,
    [batch_id],
  );
  return rows;
}

/**
 * Spans in which failures are expected while the batch is open: turbulence, made for this batch or another, until the
 * end of its pause; and times at which a process of the service could not reach the database.
 */
export async function readTurbulenceSpans(tx: Tx, batch_id: string): Promise<Span[]> {
  const { rows } = await tx.query<Span & Record<string, unknown>>(
    `select (extract(epoch from e.at) * 1000)::bigint - coalesce((e.details ->> 'away_ms')::bigint, 0) as from_ms,
       (extract(epoch from e.at) * 1000)::bigint + coalesce((e.details ->> 'pause_ms')::int, 0) as to_ms
     from faultline.event e, faultline.batch b
     where b.batch_id = $1 and e.type in ('TURBULENCE', 'DATABASE_AWAY') and e.command_id is null and e.process_id is null
       and e.at >= b.created_at
       and e.at - coalesce((e.details ->> 'away_ms')::bigint, 0) * interval '1 ms' <= coalesce(b.completed_at, now())
     order by e.at`,
    [batch_id],
  );
  return rows;
}
