// Reading commands: pages by key, and one with all that is kept of it. Chunks and jobs are never shown.
// Standalone commands have indexes of their own; those of processes are walked by their ids, which are made in order of time.

import { COMMAND_STATUSES, type CommandPurpose, type CommandStatus, type DeadlineAction } from '../../model/command.ts';
import { firstIdAt } from '../../model/ids.ts';
import type { Queryable } from '../pool.ts';
import { many, one } from '../rows.ts';

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
  c.deadline_at, c.settled_at, (extract(epoch from c.created_at) * 1000000)::bigint as created_at_us`;

export interface CommandFilter {
  status?: CommandStatus;
  domain?: string;
  type?: string;
  created_from?: Date;
  created_to?: Date;
}

/** Conditions with their values, numbered as they come: what is not asked for does not stand in the statement. */
class Conditions {
  readonly values: unknown[] = [];
  #text: string[] = [];

  /** `?` is the place of the value. */
  add(text: string, value: unknown): this {
    if (value === undefined || value === null) return this;
    this.#text.push(text.replace('?', this.place(value)));
    return this;
  }

  /** A value that stands elsewhere in the statement. */
  place(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  filter({ status, domain, type, created_from, created_to }: CommandFilter): this {
    return this.add('c.status = ?', status)
      .add('c.domain = ?', domain)
      .add('c.type = ?', type)
      .add('c.created_at >= ?', created_from)
      .add('c.created_at <= ?', created_to);
  }

  get text(): string {
    return this.#text.map((condition) => `and ${condition}`).join(' ');
  }
}

function run(db: Queryable, text: string, conditions: Conditions) {
  return many<CommandRecord>(db, text, conditions.values);
}

/** Where the page before ended. */
export interface StandalonePlace {
  created_at_us: number;
  command_id: string;
}

/** Standalone commands, newest first; command_standalone, or with a status command_standalone_status, gives them in this order. */
export function listStandaloneCommands(
  db: Queryable,
  filter: CommandFilter,
  before: StandalonePlace | null,
  limit: number,
): Promise<CommandRecord[]> {
  const conditions = new Conditions().filter(filter);
  let from = '';
  if (before !== null) {
    const at = `timestamptz 'epoch' + ${conditions.place(before.created_at_us)}::bigint * interval '1 microsecond'`;
    from = `and (c.created_at, c.command_id) < (${at}, ${conditions.place(before.command_id)}::uuid)`;
  }
  const text = `select ${COLUMNS} from faultline.command c where c.purpose = 'standalone' ${conditions.text} ${from}
     order by c.created_at desc, c.command_id desc limit ${conditions.place(limit)}`;
  return run(db, text, conditions);
}

/** No clock of a sender is this far from the database's. */
const CLOCK_SLACK_MS = 86_400_000;

/** Within what commands of about the same time are told apart by their ids. */
const ORDER_SLACK_MS = 2_000;

export interface ProcessCommandFilter extends CommandFilter {
  /** Older ones are not asked for now. A hint of where to stop: what is left out is found by a later page. */
  newer_than?: Date;
  purpose?: 'step' | 'compensation';
  batch_id?: string;
}

/** Commands of processes, newest first. */
export function listProcessCommands(
  db: Queryable,
  filter: ProcessCommandFilter,
  before_id: string | null,
  limit: number,
): Promise<CommandRecord[]> {
  const { created_from, created_to, newer_than } = filter;
  const conditions = new Conditions()
    .filter(filter)
    .add('c.purpose = ?', filter.purpose)
    .add('c.batch_id = ?', filter.batch_id)
    .add('c.command_id < ?::uuid', before_id)
    .add('c.command_id >= ?::uuid', created_from && firstIdAt(created_from.getTime() - CLOCK_SLACK_MS))
    .add('c.command_id >= ?::uuid', newer_than && firstIdAt(newer_than.getTime() - ORDER_SLACK_MS))
    .add('c.command_id <= ?::uuid', created_to && firstIdAt(created_to.getTime() + CLOCK_SLACK_MS));
  const text = `select ${COLUMNS} from faultline.command c where c.purpose in ('step', 'compensation') ${conditions.text}
     order by c.command_id desc limit ${conditions.place(limit)}`;
  return run(db, text, conditions);
}

/** Commands of one process, newest first: the process knows their ids. */
export function listCommandsOfProcess(
  db: Queryable,
  process_id: string,
  filter: ProcessCommandFilter,
  before_id: string | null,
  limit: number,
): Promise<CommandRecord[]> {
  const conditions = new Conditions()
    .filter(filter)
    .add('c.purpose = ?', filter.purpose)
    .add('c.batch_id = ?', filter.batch_id)
    .add('c.command_id < ?::uuid', before_id);
  const text = `select ${COLUMNS}
     from faultline.process p cross join unnest(p.command_ids) as i(command_id)
       join faultline.command c on c.command_id = i.command_id and c.lane = p.lane
     where p.process_id = ${conditions.place(process_id)} ${conditions.text}
     order by c.command_id desc limit ${conditions.place(limit)}`;
  return run(db, text, conditions);
}

/** Commands of a command batch in the order of their ids: status by status, each in this order from command_batch_status. */
export function listBatchCommands(
  db: Queryable,
  batch_id: string,
  { status, ...filter }: CommandFilter,
  { after_id, before_id, limit }: { after_id?: string | null; before_id?: string | null; limit: number },
): Promise<CommandRecord[]> {
  const conditions = new Conditions()
    .filter(filter)
    .add('c.command_id > ?::uuid', after_id)
    .add('c.command_id < ?::uuid', before_id);
  const order = before_id === undefined ? 'asc' : 'desc';
  const most = conditions.place(limit);
  const text = `select m.* from unnest(${conditions.place(status ? [status] : COMMAND_STATUSES)}::text[]) as s(status)
       cross join lateral (
         select ${COLUMNS} from faultline.command c
         where c.batch_id = ${conditions.place(batch_id)} and c.purpose = 'standalone' and c.status = s.status ${conditions.text}
         order by c.command_id ${order} limit ${most}) m
     order by m.command_id ${order} limit ${most}`;
  return run(db, text, conditions);
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

/** One command with what chaos was told of it; null for an id that is none, or that of Faultline's own work. */
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

/** The reply of a command, while nobody has consumed it. */
export function findReplyOf(db: Queryable, command_id: string) {
  return one<CommandReplyRecord>(
    db,
    'select r.reply_id, r.queue, r.outcome, r.created_at from faultline.reply r where r.command_id = $1 order by r.reply_id limit 1',
    [command_id],
  );
}
