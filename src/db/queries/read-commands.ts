// Reading commands: pages by key, and one in full. Internal commands are never shown.
// Standalone commands have their own indexes; those of processes are read by id, in order of time.

import { COMMAND_STATUSES, type CommandPurpose, type CommandStatus, type DeadlineAction } from '../../model/command.ts';
import { firstIdAt } from '../../model/ids.ts';
import type { Queryable } from '../pool.ts';
import { many, one } from '../rows.ts';
import { microsOf, timestampOf } from './read-snapshot.ts';

export type ShownPurpose = Extract<CommandPurpose, 'standalone' | 'step' | 'compensation'>;

/** A command as it is listed. */
export interface CommandRecord {
  command_id: string;
  domain: string;
  type: string;
  purpose: ShownPurpose;
  status: CommandStatus;
  priority: number;
  attempts: number;
  max_attempts: number;
  process_id: string | null;
  batch_id: string | null;
  step: string | null;
  correlation_id: string | null;
  reply_to: string | null;
  error_code: string | null;
  error_message: string | null;
  fault: string | null;
  created_at: Date;
  available_at: Date;
  deadline_at: Date | null;
  settled_at: Date | null;
  /** created_at in microseconds. */
  created_at_us: number;
}

const COLUMNS = `c.command_id, c.domain, c.type, c.purpose, c.status, c.priority, c.attempts, c.max_attempts, c.process_id,
  c.batch_id, c.step, c.correlation_id, c.reply_to, c.error_code, c.error_message, c.fault, c.created_at, c.available_at,
  c.deadline_at, c.settled_at, ${microsOf('c.created_at')} as created_at_us`;

export interface CommandFilter {
  status?: CommandStatus;
  domain?: string;
  type?: string;
  created_from?: Date;
  created_to?: Date;
}

/** The parameters $1 to $5 of every list. */
const FILTER = `($1::text is null or c.status = $1) and ($2::text is null or c.domain = $2) and ($3::text is null or c.type = $3)
  and ($4::timestamptz is null or c.created_at >= $4) and ($5::timestamptz is null or c.created_at <= $5)`;

function list(db: Queryable, text: string, filter: CommandFilter, values: unknown[]) {
  const { status, domain, type, created_from, created_to } = filter;
  const all = [status, domain, type, created_from, created_to, ...values];
  return many<CommandRecord>(
    db,
    text,
    all.map((value) => value ?? null),
  );
}

/** The last command of the page before. */
export interface StandalonePlace {
  created_at_us: number;
  command_id: string;
}

/** Standalone commands, newest first, from command_standalone or, with a status, command_standalone_status. */
export function listStandaloneCommands(
  db: Queryable,
  filter: CommandFilter,
  before: StandalonePlace | null,
  limit: number,
) {
  return list(
    db,
    `select ${COLUMNS} from faultline.command c
     where c.purpose = 'standalone' and ${FILTER}
       and ($6::bigint is null or (c.created_at, c.command_id) < (${timestampOf('$6')}, $7::uuid))
     order by c.created_at desc, c.command_id desc limit $8`,
    filter,
    [before?.created_at_us, before?.command_id, limit],
  );
}

/** The clock of a sender differs from the database's by less than this. */
const CLOCK_SLACK_MS = 86_400_000;

/** Within this time the ids of commands are not in order of creation. */
const ORDER_SLACK_MS = 2_000;

export interface ProcessCommandFilter extends CommandFilter {
  /** The time at which the scan may stop. The rest is on a later page. */
  newer_than?: Date;
  purpose?: 'step' | 'compensation';
  batch_id?: string;
}

/** The parameters $6 to $8. */
const PROCESS_FILTER = `($6::text is null or c.purpose = $6) and ($7::uuid is null or c.batch_id = $7)
  and ($8::uuid is null or c.command_id < $8)`;

/** Commands of processes, newest first. */
export function listProcessCommands(
  db: Queryable,
  filter: ProcessCommandFilter,
  before_id: string | null,
  limit: number,
) {
  const { created_from, created_to, newer_than, purpose, batch_id } = filter;
  const from_ms = Math.max(
    (created_from?.getTime() ?? 0) - CLOCK_SLACK_MS,
    (newer_than?.getTime() ?? 0) - ORDER_SLACK_MS,
  );
  return list(
    db,
    `select ${COLUMNS} from faultline.command c
     where c.purpose in ('step', 'compensation') and ${FILTER} and ${PROCESS_FILTER}
       and ($9::uuid is null or c.command_id >= $9) and ($10::uuid is null or c.command_id <= $10)
     order by c.command_id desc limit $11`,
    filter,
    [
      purpose,
      batch_id,
      before_id,
      from_ms > 0 ? firstIdAt(from_ms) : null,
      created_to && firstIdAt(created_to.getTime() + CLOCK_SLACK_MS),
      limit,
    ],
  );
}

/** Commands of one process, newest first. The process stores their ids. */
export function listCommandsOfProcess(
  db: Queryable,
  process_id: string,
  filter: ProcessCommandFilter,
  before_id: string | null,
  limit: number,
) {
  return list(
    db,
    `select ${COLUMNS}
     from faultline.process p cross join unnest(p.command_ids) as i(command_id)
       join faultline.command c on c.command_id = i.command_id and c.lane = p.lane
     where p.process_id = $9 and ${FILTER} and ${PROCESS_FILTER}
     order by c.command_id desc limit $10`,
    filter,
    [filter.purpose, filter.batch_id, before_id, process_id, limit],
  );
}

/** Commands of a command batch in order of id: command_batch_status returns each status in this order. */
export function listBatchCommands(
  db: Queryable,
  batch_id: string,
  { status, ...filter }: CommandFilter,
  { after_id, before_id, limit }: { after_id?: string | null; before_id?: string | null; limit: number },
) {
  const order = before_id === undefined ? 'asc' : 'desc';
  return list(
    db,
    `select m.* from unnest($6::text[]) as s(status)
       cross join lateral (
         select ${COLUMNS} from faultline.command c
         where c.batch_id = $7 and c.purpose = 'standalone' and c.status = s.status and ${FILTER}
           and ($8::uuid is null or c.command_id > $8) and ($9::uuid is null or c.command_id < $9)
         order by c.command_id ${order} limit $10) m
     order by m.command_id ${order} limit $10`,
    filter,
    [status ? [status] : COMMAND_STATUSES, batch_id, after_id, before_id, limit],
  );
}

export interface CommandDetailRecord extends CommandRecord {
  payload: unknown;
  result: unknown;
  attempts_limit: number;
  interruptions: number;
  backoff_ms: number[];
  jitter_pct: number;
  lease_ms: number;
  deadline_ms: number | null;
  on_deadline: DeadlineAction | null;
  worker_id: string | null;
  attempt_started_at: Date | null;
  lease_expires_at: Date | null;
  error_group: string | null;
  park_reason: string | null;
  parked_at: Date | null;
}

/** One command in full; null for an unknown id, or an internal command. */
export function findCommand(db: Queryable, command_id: string) {
  return one<CommandDetailRecord>(
    db,
    `select ${COLUMNS}, c.payload, c.result, c.attempts_limit, c.interruptions, c.backoff_ms, c.jitter_pct, c.lease_ms,
       c.deadline_ms, c.on_deadline, c.worker_id, c.attempt_started_at, c.lease_expires_at, c.error_group, c.park_reason, c.parked_at
     from faultline.command c
     where c.command_id = $1 and c.purpose in ('standalone', 'step', 'compensation')`,
    [command_id],
  );
}

export interface CommandReplyRecord {
  reply_id: string;
  queue: string;
  outcome: string;
  created_at: Date;
}

/** The reply of a command, until it is consumed. */
export function findReplyOf(db: Queryable, command_id: string) {
  return one<CommandReplyRecord>(
    db,
    'select r.reply_id, r.queue, r.outcome, r.created_at from faultline.reply r where r.command_id = $1 order by r.reply_id limit 1',
    [command_id],
  );
}
