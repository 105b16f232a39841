// Reads processes: pages by key, and one process with its steps and their attempts. The cost of a page does not depend
// on its position.

import type { CommandPurpose, CommandStatus, DeadlineAction } from '../../model/command.ts';
import type { ProcessStatus } from '../../model/process.ts';
import type { Queryable } from '../pool.ts';
import { many, one } from '../rows.ts';

/** A process as it is shown. */
export interface ProcessRecord {
  process_id: string;
  batch_id: string | null;
  ordinal: number;
  process_type: string;
  version: number;
  status: ProcessStatus;
  current_step: string | null;
  awaiting_command_id: string | null;
  state: Record<string, unknown>;
  behavior: Record<string, unknown> | null;
  error_code: string | null;
  error_message: string | null;
  deadline_at: Date | null;
  on_deadline: DeadlineAction | null;
  keep_effects: boolean;
  created_at: Date;
  updated_at: Date;
  completed_at: Date | null;
}

const COLUMNS = `p.process_id, p.batch_id, p.ordinal, p.process_type, p.version, p.status, p.current_step, p.awaiting_command_id,
  p.state, p.state -> 'behavior' as behavior, p.error_code, p.error_message, p.deadline_at, p.on_deadline, p.keep_effects,
  p.created_at, p.updated_at, p.completed_at`;

export interface BatchProcessesPage {
  batch_id: string;
  status?: ProcessStatus;
  /** The last ordinal of the page before. */
  after_ordinal?: number;
  limit: number;
}

/** Processes of one batch, by ordinal. */
export function listBatchProcesses(db: Queryable, page: BatchProcessesPage) {
  return many<ProcessRecord>(
    db,
    `select ${COLUMNS} from faultline.process p
     where p.batch_id = $1 and p.ordinal > $2 and ($3::text is null or p.status = $3)
     order by p.ordinal limit $4`,
    [page.batch_id, page.after_ordinal ?? -1, page.status ?? null, page.limit],
  );
}

export interface ProcessesPage {
  status?: ProcessStatus;
  /** The last process of the page before. */
  after?: { batch_id: string; ordinal: number };
  limit: number;
}

/**
 * Processes of all batches, newest batch first, then by ordinal: batch by batch, because processes have no index by
 * status alone.
 */
export function listProcesses(db: Queryable, page: ProcessesPage) {
  return many<ProcessRecord>(
    db,
    `select p.*
     from (select b.batch_id from faultline.batch b
           where b.kind = 'process' and b.pruning_at is null and ($1::uuid is null or b.batch_id <= $1) order by b.batch_id desc) b
       cross join lateral (
         select ${COLUMNS} from faultline.process p
         where p.batch_id = b.batch_id and p.ordinal > case when b.batch_id = $1 then $2::int else -1 end
           and ($3::text is null or p.status = $3)
         order by p.ordinal limit $4) p
     order by b.batch_id desc, p.ordinal limit $4`,
    [page.after?.batch_id ?? null, page.after?.ordinal ?? -1, page.status ?? null, page.limit],
  );
}

export function findProcess(db: Queryable, process_id: string) {
  return one<ProcessRecord>(
    db,
    `select ${COLUMNS} from faultline.process p
     where p.process_id = $1
       and not exists (select from faultline.batch b where b.batch_id = p.batch_id and b.pruning_at is not null)`,
    [process_id],
  );
}

export interface StepRecord {
  command_id: string;
  step: string;
  purpose: Extract<CommandPurpose, 'step' | 'compensation'>;
  type: string;
  status: CommandStatus;
  payload: unknown;
  result: unknown;
  error_code: string | null;
  error_message: string | null;
  deadline_at: Date | null;
  on_deadline: DeadlineAction | null;
  sent_at: Date;
  settled_at: Date | null;
}

/** The commands of a process, in order of sending. */
export function listSteps(db: Queryable, process_id: string) {
  return many<StepRecord>(
    db,
    `select s.command_id, s.step, s.purpose, s.type, s.status, s.payload, s.result, s.error_code, s.error_message, c.deadline_at,
       c.on_deadline, s.sent_at, s.settled_at
     from faultline.process_step s join faultline.command c on c.command_id = s.command_id and c.lane = s.lane
     where s.process_id = $1 order by s.position`,
    [process_id],
  );
}

export interface AttemptRecord {
  command_id: string;
  attempt: number;
  started_at: Date;
  ended_at: Date | null;
  outcome: string | null;
  effect: string | null;
  retry_at: Date | null;
  reason: string | null;
  error_code: string | null;
  error_message: string | null;
  fault: string | null;
  worker_id: string | null;
}

/** Every attempt of these commands, including attempts in progress, in order. */
export function listAttempts(db: Queryable, command_ids: readonly string[]) {
  return many<AttemptRecord>(
    db,
    `select a.command_id, a.attempt, a.started_at, a.ended_at, a.outcome, a.effect, a.retry_at, a.reason, a.error_code,
       a.error_message, a.fault, a.worker_id
     from faultline.attempt a where a.command_id = any($1::uuid[])
     union all
     select c.command_id, c.attempts, c.attempt_started_at, null, null, null, null, null, null, null, c.fault, c.worker_id
     from faultline.command c where c.command_id = any($1::uuid[]) and c.status || '' = 'IN_PROGRESS'
     order by command_id, attempt`,
    [command_ids],
  );
}
