// Statements that terminate commands: cancelled by an operator, or past their deadline. Each begins with its guard.
// An attempt in progress ends too, as `canceled`, so that attempts stay numbered without a gap.

import type { CommandStatus, DeadlineAction, Effect, ParkReason } from '../../model/command.ts';
import { plainArray, uuidArray } from '../arrays.ts';
import type { Queryable, Tx } from '../pool.ts';
import { ids, many } from '../rows.ts';
import { OPERATED, type OperatedCommand } from './troubleshooting.ts';

/** The new state of one command. */
export interface TerminateLine {
  command_id: string;
  status: CommandStatus;
  effect: Effect;
  reason: ParkReason | null;
  error_code: string;
  error_message: string;
  error_group: string | null;
}

export interface TerminatedCommand extends OperatedCommand {
  /** Its status before. */
  was: CommandStatus;
  /** The worker of the attempt that was terminated, if one was in progress. */
  worker_id: string | null;
}

const GUARD = {
  live: `c.status || '' in ('PENDING', 'IN_PROGRESS')`,
  open: `c.status || '' in ('PENDING', 'IN_PROGRESS', 'IN_TROUBLESHOOTING_QUEUE')`,
};

/** Terminates commands that are ready or in progress, and returns them. Lines in order of id. */
export function terminateIfLive(tx: Tx, lane: number, lines: readonly TerminateLine[]) {
  return terminate(tx, lane, lines, 'terminate_live', GUARD.live);
}

/**
 * Terminates commands that are ready, in progress or in the troubleshooting queue, and returns them. Lines in order of
 * id.
 */
export function terminateIfOpen(tx: Tx, lane: number, lines: readonly TerminateLine[]) {
  return terminate(tx, lane, lines, 'terminate_open', GUARD.open);
}

function terminate(tx: Tx, lane: number, lines: readonly TerminateLine[], name: string, guard: string) {
  const column = <K extends keyof TerminateLine>(key: K) => lines.map((line) => line[key]);
  return many<TerminatedCommand>(tx, {
    name,
    text: `
with clock as materialized (select now() as at),
input as materialized (
  select * from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
    as i(command_id, became, effect, reason, error_code, error_message, error_group)
),
locked as materialized (
  select i.*, c.status as was
  from input i join faultline.command c on c.command_id = i.command_id and c.lane = $1::smallint
  where ${guard} and c.purpose in ('step', 'compensation', 'standalone')
  order by c.command_id for no key update of c
),
terminated as (
  update faultline.command c
  set status = l.became, lease_expires_at = null, error_code = l.error_code, error_message = l.error_message,
    error_group = coalesce(l.error_group, c.error_group), park_reason = coalesce(l.reason, c.park_reason),
    parked_at = case when l.effect = 'TSQ' then clock.at end, settled_at = clock.at
  from clock, locked l
  where c.command_id = l.command_id and c.lane = $1::smallint
  returning ${OPERATED}, l.was, c.claim_id, c.worker_id, c.attempt_started_at, clock.at as ended_at, l.effect, l.reason, c.fault
),
attempted as (
  insert into faultline.attempt (command_id, lane, attempt, claim_id, worker_id, started_at, ended_at, outcome, effect,
    reason, error_code, error_message, fault, process_id, batch_id, purpose, step)
  select command_id, $1::smallint, attempts, claim_id, worker_id, attempt_started_at, ended_at, 'canceled', effect,
    reason, error_code, error_message, fault, process_id, batch_id, purpose, step
  from terminated where was = 'IN_PROGRESS'
)
select t.*, case when t.was = 'IN_PROGRESS' then t.worker_id end as worker_id from terminated t`,
    values: [
      lane,
      uuidArray(column('command_id')),
      plainArray(column('status')),
      plainArray(column('effect')),
      plainArray(column('reason')),
      column('error_code'),
      column('error_message'),
      column('error_group'),
    ],
  });
}

/**
 * Live commands of a lane whose deadline, or that of the process awaiting them, has passed. Reads two partial indexes
 * that are empty without deadlines. Locks nothing: `lockLiveCommands` checks again.
 */
export function findOverdueCommands(db: Queryable, lane: number, limit: number) {
  return ids(db, {
    name: 'find_overdue_commands',
    text: `
(select c.command_id from faultline.command c
 where c.deadline_at is not null and c.deadline_at <= now() and c.status in ('PENDING', 'IN_PROGRESS') and c.lane = $1::smallint
 order by c.deadline_at limit $2)
union
(select c.command_id
 from faultline.process p join faultline.command c on c.command_id = p.awaiting_command_id and c.lane = $1::smallint
 where p.deadline_at is not null and p.deadline_at <= now() and p.status = 'WAITING_FOR_REPLY' and p.lane = $1::smallint
   and c.status || '' in ('PENDING', 'IN_PROGRESS')
 order by p.deadline_at limit $2)`,
    values: [lane, limit],
  });
}

/** Locks those of the given commands that are still live, in order of id. Skips locked rows. */
export function lockLiveCommands(tx: Tx, lane: number, command_ids: readonly string[]) {
  return ids(tx, {
    name: 'lock_live_commands',
    text: `
select c.command_id
from faultline.command c
where c.command_id = any($2::uuid[]) and c.lane = $1::smallint and ${GUARD.live}
order by c.command_id
for no key update skip locked`,
    values: [lane, uuidArray(command_ids)],
  });
}

/** A deadline that has passed. */
export interface Overdue {
  command_id: string;
  /** The command's own, or that of the process that awaits it. */
  whose: 'command' | 'process';
  deadline_ms: number;
  deadline_at: Date;
  on_deadline: DeadlineAction;
  step: string | null;
}

/**
 * The first deadline that passed of each of these commands. The caller holds them locked, and each change of a process
 * or its deadline locks its awaited command first: so the result stays true.
 */
export function readOverdue(tx: Tx, lane: number, command_ids: readonly string[]) {
  return many<Overdue>(tx, {
    name: 'read_overdue',
    text: `
select distinct on (o.command_id) o.*
from (
  select c.command_id, 'command' as whose, c.deadline_ms, c.deadline_at, c.on_deadline, c.step
  from faultline.command c
  where c.command_id = any($2::uuid[]) and c.lane = $1::smallint and c.deadline_at <= now()
  union all
  select c.command_id, 'process', p.deadline_ms, p.deadline_at, p.on_deadline, c.step
  from faultline.command c join faultline.process p on p.process_id = c.process_id and p.lane = $1::smallint
  where c.command_id = any($2::uuid[]) and c.lane = $1::smallint and p.awaiting_command_id = c.command_id
    and p.deadline_at <= now() and p.status || '' = 'WAITING_FOR_REPLY'
) as o
order by o.command_id, o.deadline_at`,
    values: [lane, uuidArray(command_ids)],
  });
}
