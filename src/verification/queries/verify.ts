// Reading a batch for its verdict: its processes, slice by slice of ordinals, and what was recorded of it. All in the caller's snapshot.
// Their commands: verified-commands.ts.

import type { Queryable, Tx } from '../../db/pool.ts';
import { parseEachOnce } from '../../db/records.ts';
import type { BatchStatus, ProcessStatus } from '../../model/process.ts';
import { disagreements, processAgreements } from './agreement.ts';

export interface VerifiedBatch {
  batch_id: string;
  kind: string;
  process_type: string | null;
  process_version: number | null;
  domain: string;
  status: BatchStatus;
  total_count: number;
  first_ordinal: number;
  seed: string;
  input: Record<string, unknown>;
  behavior: Record<string, unknown> | null;
  experiment: Record<string, unknown> | null;
  max_attempts: number;
  backoff_ms: number[];
  lease_ms: number;
  jitter_pct: number;
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
    `select b.batch_id, b.kind, b.process_type, b.process_version, b.domain, b.status, b.total_count, b.first_ordinal, b.seed, b.input, b.behavior,
       b.experiment, b.max_attempts, b.backoff_ms, b.lease_ms, b.jitter_pct, b.created_count, b.completed_count, b.compensated_count, b.failed_count, b.canceled_count,
       b.waiting_count, b.in_troubleshooting_count, b.injection_stopped_at is not null as injection_stopped
     from faultline.batch b where b.batch_id = $1 and b.pruning_at is null`,
    [batch_id],
  );
  return rows[0] ?? null;
}

/** What many processes have in common: one object for all of them. */
export interface ProcessRecord {
  process_type: string;
  version: number;
  status: ProcessStatus;
  current_step: string | null;
  path: readonly string[];
  undo: number | null;
  ending: string | null;
  keep_effects: boolean;
  error_code: string | null;
  deadline_ms: number | null;
  on_deadline: string | null;
  /** The columns that do not agree with its batch, or with one another. */
  disagrees: readonly string[];
}

export interface VerifiedProcess {
  process_id: string;
  ordinal: number;
  awaiting_command_id: string | null;
  error_message: string | null;
  state: Record<string, unknown>;
  /** How many commands it lists. */
  listed: number;
  record: ProcessRecord;
}

const parseProcess = parseEachOnce((json: string): ProcessRecord => {
  const [process_type, version, status, current_step, path, undo, ending, keep_effects, error_code, ...others] =
    JSON.parse(json);
  const [deadline_ms, on_deadline, disagrees] = others;
  const place = { status, current_step, path, undo, ending, keep_effects, error_code };
  return { process_type, version, ...place, deadline_ms, on_deadline, disagrees: disagrees?.split(',') ?? [] };
});

/** Which processes are read: of a batch, between ordinals. */
export interface VerifiedSlice {
  /** Its behavior, where it stands beside a command, or in a state, is not sent once more. */
  batch: VerifiedBatch;
  from: number;
  to: number;
}

const PROCESS_DISAGREES = disagreements(processAgreements({ process_type: '$5', version: '$6', domain: '$7' }));

export async function readVerifiedProcesses(tx: Tx, { batch, from, to }: VerifiedSlice): Promise<VerifiedProcess[]> {
  const { batch_id, behavior, process_type, process_version, domain } = batch;
  const { rows } = await tx.query<VerifiedProcess & { launched: boolean }>(
    `select p.process_id, p.ordinal, p.awaiting_command_id, p.error_message, cardinality(p.command_ids) as listed,
       case when p.state -> 'behavior' = $4::jsonb then p.state - 'behavior' else p.state end as state,
       coalesce(p.state -> 'behavior' = $4::jsonb, false) as launched,
       json_build_array(p.process_type, p.version, p.status, p.current_step, p.path, p.undo, p.ending, p.keep_effects,
         p.error_code, p.deadline_ms, p.on_deadline, ${PROCESS_DISAGREES})::text as record
     from faultline.process p
     where p.batch_id = $1 and p.ordinal >= $2 and p.ordinal < $3 order by p.ordinal, p.lane`,
    [batch_id, from, to, behavior && JSON.stringify(behavior), process_type, process_version, domain],
  );
  for (const row of rows) {
    row.record = parseProcess(row.record as unknown as string);
    if (row.launched) row.state.behavior = behavior;
  }
  return rows;
}

/**
 * For the rest of the transaction rows are looked up by key, many keys at a time. A slice is a few thousand rows of tables of millions;
 * the planner, whose statistics may be of an hour ago or of none, walked whole tables once for each slice.
 */
export async function lookUpByKey(tx: Tx): Promise<void> {
  await tx.query(`set local jit = off; set local enable_seqscan = off; set local enable_nestloop = off;
    set local enable_mergejoin = off; set local enable_bitmapscan = off; set local random_page_cost = 0.01;
    set local max_parallel_workers_per_gather = 0`);
}

/** Those of `ids`, which may be any text, that are processes of the batch. */
export async function findProcessesOf(tx: Tx, batch_id: string, ids: readonly string[]): Promise<string[]> {
  const { rows } = await tx.query<{ process_id: string }>(
    'select p.process_id from faultline.process p where p.batch_id = $1 and p.process_id::text = any($2::text[])',
    [batch_id, ids],
  );
  return rows.map(({ process_id }) => process_id);
}

export interface VerifiedEvent {
  type: string;
  command_id: string | null;
  process_id: string | null;
  attempt: number | null;
  reason: string | null;
  details: Record<string, unknown> | null;
}

/** What operators, cancellations, deadlines and the processes' own code did to the batch, in order. Late results are told by command. */
export async function readVerifiedEvents(tx: Tx, batch_id: string): Promise<VerifiedEvent[]> {
  const { rows } = await tx.query<VerifiedEvent & Record<string, unknown>>(
    `select e.type, e.command_id, e.process_id, e.attempt, e.reason, e.details
     from faultline.event e
     where e.batch_id = $1 and e.type in ('OPERATOR_RETRY', 'OPERATOR_CANCEL', 'OPERATOR_COMPLETE', 'COMMAND_CANCELED', 'DEADLINE_EXCEEDED',
       'ADVANCE_FAILED', 'LATE_EFFECT_UNDONE')
     order by e.event_id`,
    [batch_id],
  );
  return rows;
}

/**
 * What came between while the batch was open, as spans in ms since 1970: turbulence made for it or for any other, from the deed to the end of a
 * pause, and when the database was away from a process of the service, as that one wrote down when it was back.
 */
export async function readTurbulenceSpans(tx: Tx, batch_id: string): Promise<{ from_ms: number; to_ms: number }[]> {
  const { rows } = await tx.query<{ from_ms: number; to_ms: number }>(
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
