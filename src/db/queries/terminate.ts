// Statements that cut commands short: cancelled by an operator, or ended by a deadline. Each begins with its guard; the loser changes nothing.
// An attempt under way ends here too, as `canceled`, so that attempts stay numbered without a gap.

import type { CommandStatus, DeadlineAction, Effect, ParkReason } from '../../model/command.ts';
import { plainArray, uuidArray } from '../arrays.ts';
import type { Queryable, Tx } from '../pool.ts';
import { OPERATED, type OperatedCommand } from './troubleshooting.ts';

/** What one command becomes. */
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
  /** What it was. */
  was: CommandStatus;
  /** Whose attempt was terminated, if one was under way. */
  worker_id: string | null;
}

/** The first form is for deadlines, which an operator who has the command already waits for no more. */
const GUARD = {
  live: `c.status || '' in ('PENDING', 'IN_PROGRESS')`,
  open: `c.status || '' in ('PENDING', 'IN_PROGRESS', 'IN_TROUBLESHOOTING_QUEUE')`,
};

const terminateText = (guard: string) => `
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
cut as (
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
  from cut where was = 'IN_PROGRESS'
)
select c.*, case when c.was = 'IN_PROGRESS' then c.worker_id end as worker_id from cut c`;

const TERMINATE_TEXT = { live: terminateText(GUARD.live), open: terminateText(GUARD.open) };

async function cut(
  tx: Tx,
  lane: number,
  lines: readonly TerminateLine[],
  guard: keyof typeof TERMINATE_TEXT,
): Promise<TerminatedCommand[]> {
  const column = <K extends keyof TerminateLine>(key: K) => lines.map((line) => line[key]);
  const { rows } = await tx.query<TerminatedCommand & Record<string, unknown>>({
    name: `cut_${guard}`,
    text: TERMINATE_TEXT[guard],
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
  return rows;
}

/** Commands that wait for a worker or are under way; returns what it cut. Lines in order of id. */
export function terminateIfLive(tx: Tx, lane: number, lines: readonly TerminateLine[]): Promise<TerminatedCommand[]> {
  return cut(tx, lane, lines, 'live');
}

/** Those, and what waits in the troubleshooting queue. */
export function terminateIfOpen(tx: Tx, lane: number, lines: readonly TerminateLine[]): Promise<TerminatedCommand[]> {
  return cut(tx, lane, lines, 'open');
}

/** Whose deadline: that of a command, or of the process that awaits it. */
export interface Overdue {
  command_id: string;
  whose: 'command' | 'process';
  deadline_ms: number;
  deadline_at: Date;
  on_deadline: DeadlineAction;
  /** Of a step. */
  step: string | null;
}

/**
 * Live commands of a lane whose deadline, or that of the process awaiting them, has passed. Looks at two partial indexes that hold
 * nothing where there are no deadlines. Nothing is locked: `lockLiveCommands` looks again.
 */
export async function findOverdueCommands(db: Queryable, lane: number, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ command_id: string }>({
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
  return rows.map((row) => row.command_id);
}

/** Locks those of these commands that are still live, in order of id; passes over what somebody has locked. */
export async function lockLiveCommands(tx: Tx, lane: number, ids: readonly string[]): Promise<string[]> {
  const { rows } = await tx.query<{ command_id: string }>({
    name: 'lock_live_commands',
    text: `
select c.command_id
from faultline.command c
where c.command_id = any($2::uuid[]) and c.lane = $1::smallint and ${GUARD.live}
order by c.command_id
for no key update skip locked`,
    values: [lane, uuidArray(ids)],
  });
  return rows.map((row) => row.command_id);
}

/**
 * Which deadline of these commands passed first. The caller holds them locked, and whatever moves a process on, or its deadline,
 * locks its awaited command before: so what is read here stays.
 */
export async function readOverdue(tx: Tx, lane: number, ids: readonly string[]): Promise<Overdue[]> {
  const { rows } = await tx.query<Overdue & Record<string, unknown>>({
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
    values: [lane, uuidArray(ids)],
  });
  return rows;
}
