// Reading a batch for its verdict: processes with their commands, attempts and chaos rows, slice by slice of ordinals, and what was
// recorded of them. All in the caller's snapshot; every row is reached from its process by key.

import type { CommandPurpose, CommandStatus } from '../../model/command.ts';
import type { ProcessStatus } from '../../model/process.ts';
import type { Queryable, Tx } from '../pool.ts';

export interface VerifiedBatch {
  batch_id: string;
  kind: string;
  process_type: string | null;
  process_version: number | null;
  status: string;
  total_count: number;
  first_ordinal: number;
  seed: string;
  input: Record<string, unknown>;
  behavior: Record<string, unknown> | null;
  experiment: Record<string, unknown> | null;
  max_attempts: number;
  created_count: number;
  completed_count: number;
  compensated_count: number;
  failed_count: number;
  canceled_count: number;
  waiting_count: number;
  in_troubleshooting_count: number;
  injection_stopped: boolean;
}

export async function readVerifiedBatch(db: Queryable, batch_id: string): Promise<VerifiedBatch | null> {
  const { rows } = await db.query<VerifiedBatch & Record<string, unknown>>(
    `select b.batch_id, b.kind, b.process_type, b.process_version, b.status, b.total_count, b.first_ordinal, b.seed, b.input, b.behavior,
       b.experiment, b.max_attempts, b.created_count, b.completed_count, b.compensated_count, b.failed_count, b.canceled_count,
       b.waiting_count, b.in_troubleshooting_count, b.injection_stopped_at is not null as injection_stopped
     from faultline.batch b where b.batch_id = $1 and b.pruning_at is null`,
    [batch_id],
  );
  return rows[0] ?? null;
}

/** What a verdict is given on: it changes with whatever could change the verdict of a batch at rest. */
export async function readFingerprint(db: Queryable, batch_id: string): Promise<string | null> {
  const { rows } = await db.query<{ fingerprint: string }>(
    `select concat_ws(':', b.status, b.created_count, b.completed_count, b.compensated_count, b.failed_count, b.canceled_count,
       b.waiting_count, b.in_troubleshooting_count, extract(epoch from coalesce(b.completed_at, b.rested_at)),
       (select max(e.event_id) from faultline.event e where e.batch_id = b.batch_id)) as fingerprint
     from faultline.batch b where b.batch_id = $1 and b.pruning_at is null`,
    [batch_id],
  );
  return rows[0]?.fingerprint ?? null;
}

export interface VerifiedProcess {
  process_id: string;
  ordinal: number;
  process_type: string;
  version: number;
  status: ProcessStatus;
  current_step: string | null;
  awaiting_command_id: string | null;
  state: Record<string, unknown>;
  path: string[];
  command_ids: string[];
  error_code: string | null;
}

export async function readVerifiedProcesses(
  tx: Tx,
  batch_id: string,
  ordinals: { from: number; to: number },
): Promise<VerifiedProcess[]> {
  const { rows } = await tx.query<VerifiedProcess & Record<string, unknown>>(
    `select p.process_id, p.ordinal, p.process_type, p.version, p.status, p.current_step, p.awaiting_command_id, p.state, array_to_string(p.path, ',') as path,
       array_to_string(p.command_ids, ',') as command_ids, p.error_code
     from faultline.process p
     where p.batch_id = $1 and p.ordinal >= $2 and p.ordinal < $3 order by p.ordinal`,
    [batch_id, ordinals.from, ordinals.to],
  );
  // Neither step keys nor ids hold a comma; parsing arrays took as long as all the rest of a row.
  for (const row of rows) {
    row.path = String(row.path).split(',');
    row.command_ids = String(row.command_ids).split(',');
  }
  return rows;
}

export interface VerifiedCommand {
  command_id: string;
  /** Null: a process lists it, but there is no such command. */
  purpose: CommandPurpose | null;
  process_id: string | null;
  type: string;
  step: string | null;
  status: CommandStatus;
  attempts: number;
  attempts_limit: number;
  max_attempts: number;
  result: unknown;
  error_code: string | null;
  error_message: string | null;
  /** As it stands beside the command, as JSON text: few are different, so each is parsed once. Null where there is none. */
  behavior: string | null;
  annotated: boolean;
  suppressed: number[] | null;
  /**
   * `attempt,outcome,effect,fault,reason,error_code,span` of each ended attempt, in order, joined by `;`. The span, from and to in ms since
   * 1970 with a `-` between, is only of failures that nobody asked for.
   */
  attempted: string | null;
}

/**
 * For the rest of the transaction rows are looked up by key. A slice is a few thousand rows of tables of millions; the planner, whose
 * statistics may be of an hour ago or of none, walked whole tables once for each slice.
 */
export async function lookUpByKey(tx: Tx): Promise<void> {
  await tx.query(`set local jit = off; set local enable_seqscan = off; set local enable_hashjoin = off;
    set local enable_mergejoin = off; set local enable_bitmapscan = off; set local random_page_cost = 0.01`);
}

/** The commands that the processes of a slice list, by id. */
export async function readVerifiedCommands(
  tx: Tx,
  batch_id: string,
  ordinals: { from: number; to: number },
): Promise<Map<string, VerifiedCommand>> {
  const { rows } = await tx.query<VerifiedCommand & Record<string, unknown>>(
    `select i.command_id, c.purpose, c.process_id, c.type, c.step, c.status, c.attempts, c.attempts_limit, c.max_attempts,
       c.result, c.error_code, c.error_message, c.annotated, t.behavior::text as behavior, t.suppressed,
       (select string_agg(concat_ws(',', a.attempt, a.outcome, a.effect, coalesce(a.fault, ''), coalesce(a.reason, ''), coalesce(a.error_code, ''),
            case when a.fault is null and a.outcome in ('transient', 'permanent') then concat_ws('-',
              (extract(epoch from a.started_at) * 1000)::bigint, (extract(epoch from a.ended_at) * 1000)::bigint) else '' end),
          ';' order by a.attempt)
        from faultline.attempt a where a.command_id = i.command_id and a.lane = p.lane) as attempted
     from faultline.process p cross join unnest(p.command_ids) as i(command_id)
       left join faultline.command c on c.command_id = i.command_id and c.lane = p.lane
       left join e2e.test_command t on t.command_id = i.command_id and t.lane = p.lane
     where p.batch_id = $1 and p.ordinal >= $2 and p.ordinal < $3`,
    [batch_id, ordinals.from, ordinals.to],
  );
  return new Map(rows.map((row) => [row.command_id, row]));
}

export interface VerifiedEvent {
  type: string;
  command_id: string | null;
  process_id: string | null;
  attempt: number | null;
  details: Record<string, unknown> | null;
}

/** What operators, cancellations, deadlines and the processes' own code did to the batch, in order. Late results are told by command. */
export async function readVerifiedEvents(tx: Tx, batch_id: string): Promise<VerifiedEvent[]> {
  const { rows } = await tx.query<VerifiedEvent & Record<string, unknown>>(
    `select e.type, e.command_id, e.process_id, e.attempt, e.details
     from faultline.event e
     where e.batch_id = $1 and e.type in ('OPERATOR_RETRY', 'OPERATOR_CANCEL', 'OPERATOR_COMPLETE', 'COMMAND_CANCELED', 'DEADLINE_EXCEEDED',
       'ADVANCE_FAILED', 'LATE_RESULT_DISCARDED', 'REPLY_IGNORED')
     order by e.event_id`,
    [batch_id],
  );
  return rows;
}

/** Turbulence made for this batch or any other while it was open, as spans in ms since 1970: from the deed to the end of a pause. */
export async function readDisturbances(tx: Tx, batch_id: string): Promise<{ from_ms: number; to_ms: number }[]> {
  const { rows } = await tx.query<{ from_ms: number; to_ms: number }>(
    `select (extract(epoch from e.at) * 1000)::bigint as from_ms,
       (extract(epoch from e.at) * 1000)::bigint + coalesce((e.details ->> 'pause_ms')::int, 0) as to_ms
     from faultline.event e, faultline.batch b
     where b.batch_id = $1 and e.type = 'TURBULENCE' and e.at >= b.created_at and e.at <= coalesce(b.completed_at, now())
     order by e.at`,
    [batch_id],
  );
  return rows;
}

/** Versions of the behavior after the one it was launched with. */
export async function readBehaviorVersions(
  tx: Queryable,
  batch_id: string,
): Promise<{ version: number; behavior: Record<string, unknown> | null }[]> {
  const { rows } = await tx.query<{ version: number; behavior: Record<string, unknown> | null }>(
    'select v.version, v.behavior from faultline.batch_behavior v where v.batch_id = $1 order by v.version',
    [batch_id],
  );
  return rows;
}

export interface StoredVerdict {
  verdict: 'pass' | 'fail';
  checks: unknown;
  fingerprint: string;
  computed_at: Date;
  duration_ms: number;
}

export async function readStoredVerdict(db: Queryable, batch_id: string): Promise<StoredVerdict | null> {
  const { rows } = await db.query<StoredVerdict & Record<string, unknown>>(
    `select v.verdict, v.checks, v.fingerprint, v.computed_at, v.duration_ms from faultline.verdict v where v.batch_id = $1`,
    [batch_id],
  );
  return rows[0] ?? null;
}

/** In place of an earlier one. A batch that was deleted meanwhile keeps none. */
export async function storeVerdict(
  db: Queryable,
  batch_id: string,
  { verdict, checks, fingerprint, duration_ms }: Omit<StoredVerdict, 'computed_at'>,
): Promise<Date> {
  const { rows } = await db.query<{ computed_at: Date }>(
    `insert into faultline.verdict as v (batch_id, verdict, checks, fingerprint, duration_ms)
     select b.batch_id, $2, $3::jsonb, $4, $5 from faultline.batch b where b.batch_id = $1
     on conflict (batch_id) do update set verdict = excluded.verdict, checks = excluded.checks, fingerprint = excluded.fingerprint,
       duration_ms = excluded.duration_ms, computed_at = now()
     returning v.computed_at`,
    [batch_id, verdict, JSON.stringify(checks), fingerprint, Math.round(duration_ms)],
  );
  return rows[0]?.computed_at ?? new Date();
}

/** Batches of processes that came to rest within the last hour and have no verdict, or one from before that. */
export async function listUnjudgedBatches(db: Queryable, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ batch_id: string }>(
    `select b.batch_id from faultline.batch b left join faultline.verdict v on v.batch_id = b.batch_id
     where b.kind = 'process' and b.pruning_at is null
       and b.status in ('AT_REST', 'COMPLETED', 'COMPLETED_WITH_FAILURES', 'CANCELED')
       and coalesce(b.completed_at, b.rested_at) > now() - interval '1 hour'
       and (v.computed_at is null or v.computed_at < coalesce(b.completed_at, b.rested_at))
     order by b.batch_id limit $1`,
    [limit],
  );
  return rows.map((row) => row.batch_id);
}
