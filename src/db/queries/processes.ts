// Statements on `process`: start, lock, advance, park. Each takes a set, and each guard is part of its statement.

import type { Deadline } from '../../model/command.ts';
import type { ProcessRow, ProcessStatus, TerminalProcessStatus } from '../../model/process.ts';
import { jsonArray, plainArray, uuidArray } from '../arrays.ts';
import { toJson } from '../json.ts';
import type { Queryable, Tx } from '../pool.ts';
import { affected, idSet, many } from '../rows.ts';

export interface NewProcess {
  process_id: string;
  batch_id: string | null;
  ordinal: number;
  process_type: string;
  version: number;
  domain: string;
  first_step: string;
  first_command_id: string;
  state: unknown;
  deadline?: Deadline | null;
}

/** Inserts the processes that are not there yet and returns their ids. */
export function insertProcessesIfAbsent(tx: Tx, lane: number, processes: readonly NewProcess[]) {
  const column = <K extends keyof NewProcess>(key: K) => processes.map((process) => process[key]);
  return idSet(tx, {
    name: 'insert_processes',
    text: `
with clock as materialized (select now() as at)
insert into faultline.process (process_id, lane, batch_id, ordinal, process_type, version, domain, status, current_step,
  awaiting_command_id, state, path, command_ids, deadline_ms, deadline_at, on_deadline, created_at, updated_at)
select i.process_id, $1::smallint, i.batch_id, i.ordinal, i.process_type, i.version, i.domain, 'WAITING_FOR_REPLY', i.first_step,
  i.first_command_id, i.state, array[i.first_step], array[i.first_command_id], i.deadline_ms,
  clock.at + i.deadline_ms * interval '1 millisecond', i.on_deadline, clock.at, clock.at
from clock, unnest($2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::int[], $7::text[], $8::text[], $9::uuid[], $10::jsonb[],
    $11::int[], $12::text[])
  as i(process_id, batch_id, ordinal, process_type, version, domain, first_step, first_command_id, state, deadline_ms, on_deadline)
on conflict (batch_id, ordinal, lane) do nothing
returning process_id`,
    values: [
      lane,
      uuidArray(column('process_id')),
      uuidArray(column('batch_id')),
      plainArray(column('ordinal')),
      column('process_type'),
      plainArray(column('version')),
      column('domain'),
      column('first_step'),
      uuidArray(column('first_command_id')),
      jsonArray(processes.map(({ state }) => JSON.stringify(state))),
      plainArray(processes.map(({ deadline }) => deadline?.deadline_ms ?? null)),
      plainArray(processes.map(({ deadline }) => deadline?.on_deadline ?? null)),
    ],
  });
}

const READ = `
select p.process_id, p.batch_id, p.ordinal, p.process_type, p.version, p.status, p.current_step, p.awaiting_command_id, p.state,
  array_to_string(p.path, ',') as path, p.undo, p.ending, p.keep_effects, p.error_code, p.error_message
from faultline.process p
where p.process_id = any($2::uuid[]) and p.lane = $1::smallint`;

/**
 * Reads processes whose awaited commands the caller holds locked. That lock is enough: each change of a process locks
 * its awaited command first, and `updateIfAwaiting` checks again.
 */
export function readProcesses(tx: Tx, lane: number, process_ids: readonly string[]): Promise<ProcessRow[]> {
  return read(tx, 'read_processes', READ, lane, process_ids);
}

/** Locks processes in order of id, for callers that hold another command of the process. */
export function lockProcesses(tx: Tx, lane: number, process_ids: readonly string[]): Promise<ProcessRow[]> {
  return read(tx, 'lock_processes', `${READ} order by p.process_id for no key update`, lane, process_ids);
}

async function read(tx: Tx, name: string, text: string, lane: number, process_ids: readonly string[]) {
  const rows = await many<ProcessRow>(tx, { name, text, values: [lane, uuidArray(process_ids)] });
  for (const row of rows) {
    // Step keys contain no comma.
    row.path = String(row.path).split(',');
    row.lane = lane;
  }
  return rows;
}

/** The changes that a decision makes to a process. */
export interface ProcessChange {
  process_id: string;
  /** The command whose reply this decision answers. */
  replied_command_id: string;
  status: ProcessStatus;
  current_step: string | null;
  awaiting_command_id: string | null;
  /** Null: unchanged. */
  state: unknown;
  /** Appended to path when the command sent is a step. */
  append_step: string | null;
  undo: number | null;
  ending: TerminalProcessStatus | null;
  error_code: string | null;
  error_message: string | null;
  keep_effects: boolean;
}

/**
 * A deadline that passed while a process waited for an operator starts again when the process continues. `p` is the
 * process.
 */
const RESTARTED_DEADLINE = `case when p.status = 'WAITING_FOR_TSQ' and p.deadline_at <= clock.at
  then clock.at + p.deadline_ms * interval '1 millisecond' else p.deadline_at end`;

/**
 * Writes decisions on processes that still await the command replied to; returns how many. A terminal process awaits
 * none.
 */
export function updateIfAwaiting(tx: Tx, lane: number, changes: readonly ProcessChange[]) {
  const column = <K extends keyof ProcessChange>(key: K) => changes.map((change) => change[key]);
  return affected(tx, {
    name: 'update_if_awaiting',
    text: `
with clock as materialized (select now() as at),
input as materialized (
  select * from unnest($2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::jsonb[], $7::text[], $8::smallint[], $9::text[],
    $10::text[], $11::text[], $12::uuid[], $13::boolean[])
    as i(process_id, status, current_step, awaiting_command_id, state, append_step, undo, ending, error_code, error_message,
      replied_command_id, keep_effects)
)
update faultline.process p
set status = i.status, current_step = i.current_step, awaiting_command_id = i.awaiting_command_id, state = coalesce(i.state, p.state),
  path = case when i.append_step is null then p.path else p.path || i.append_step end,
  command_ids = case when i.awaiting_command_id is null or i.awaiting_command_id = p.awaiting_command_id
    then p.command_ids else p.command_ids || i.awaiting_command_id end,
  undo = i.undo, ending = i.ending, error_code = i.error_code, error_message = i.error_message, keep_effects = i.keep_effects,
  deadline_at = ${RESTARTED_DEADLINE}, updated_at = clock.at,
  parked_at = case when i.status = 'WAITING_FOR_TSQ' then clock.at end,
  completed_at = case when i.status in ('COMPLETED', 'COMPENSATED', 'FAILED', 'CANCELED') then clock.at end
from clock, input i
where p.process_id = i.process_id and p.lane = $1::smallint and p.awaiting_command_id = i.replied_command_id`,
    values: [
      lane,
      uuidArray(column('process_id')),
      plainArray(column('status')),
      column('current_step'),
      uuidArray(column('awaiting_command_id')),
      jsonArray(changes.map(({ state }) => (state === null ? null : toJson(state)))),
      column('append_step'),
      plainArray(column('undo')),
      plainArray(column('ending')),
      column('error_code'),
      column('error_message'),
      uuidArray(column('replied_command_id')),
      plainArray(column('keep_effects')),
    ],
  });
}

/** Records commands of a locked process that it does not await, so that its steps and audit show them. */
export async function appendCommandIds(
  tx: Tx,
  lane: number,
  sent: readonly { process_id: string; command_id: string }[],
): Promise<void> {
  await tx.query(
    `update faultline.process p set command_ids = p.command_ids || i.command_ids
     from (select process_id, array_agg(command_id) as command_ids
       from unnest($2::uuid[], $3::uuid[]) as s(process_id, command_id) group by process_id) as i
     where p.process_id = i.process_id and p.lane = $1::smallint`,
    [lane, uuidArray(sent.map((one) => one.process_id)), uuidArray(sent.map((one) => one.command_id))],
  );
}

export interface AwaitedCommand {
  process_id: string;
  command_id: string;
  error_code: string | null;
  error_message: string | null;
}

/**
 * Makes processes wait for an operator if their awaited command was parked. While compensating, error_code keeps the
 * cause.
 */
export async function parkAwaitingProcesses(tx: Tx, lane: number, parked: readonly AwaitedCommand[]): Promise<void> {
  await tx.query({
    name: 'park_awaiting_processes',
    text: `
with clock as materialized (select now() as at),
input as materialized (
  select * from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[]) as i(process_id, command_id, error_code, error_message)
),
locked as materialized (
  select i.* from input i join faultline.process p on p.process_id = i.process_id and p.lane = $1::smallint
  where p.awaiting_command_id = i.command_id and p.status in ('WAITING_FOR_REPLY', 'COMPENSATING')
  order by p.process_id for no key update of p
)
update faultline.process p
set status = 'WAITING_FOR_TSQ', updated_at = clock.at, parked_at = clock.at,
  error_code = case when p.undo is null then l.error_code else p.error_code end,
  error_message = case when p.undo is null then l.error_message else p.error_message end
from clock, locked l
where p.process_id = l.process_id and p.lane = $1::smallint`,
    values: [
      lane,
      parked.map((p) => p.process_id),
      parked.map((p) => p.command_id),
      parked.map((p) => p.error_code),
      parked.map((p) => p.error_message),
    ],
  });
}

/** Continues processes whose awaited command an operator retried. */
export async function unparkAwaitingProcesses(
  tx: Tx,
  lane: number,
  unparked: readonly { process_id: string; command_id: string }[],
): Promise<void> {
  await tx.query(
    `
with clock as materialized (select now() as at),
input as materialized (select * from unnest($2::uuid[], $3::uuid[]) as i(process_id, command_id)),
locked as materialized (
  select p.process_id from input i join faultline.process p on p.process_id = i.process_id and p.lane = $1::smallint
  where p.awaiting_command_id = i.command_id and p.status = 'WAITING_FOR_TSQ'
  order by p.process_id for no key update of p
)
update faultline.process p
set status = case when p.undo is null then 'WAITING_FOR_REPLY' else 'COMPENSATING' end, updated_at = clock.at, parked_at = null,
  error_code = case when p.undo is null then null else p.error_code end,
  error_message = case when p.undo is null then null else p.error_message end,
  deadline_at = ${RESTARTED_DEADLINE}
from clock, locked l
where p.process_id = l.process_id and p.lane = $1::smallint`,
    [lane, unparked.map((p) => p.process_id), unparked.map((p) => p.command_id)],
  );
}

/** Processes of a batch whose first command was never attempted, from an ordinal. */
export function readUnattempted(db: Queryable, batch_id: string, from_ordinal: number, limit: number) {
  return many<{ process_id: string; lane: number; ordinal: number; awaiting_command_id: string }>(
    db,
    `select p.process_id, p.lane, p.ordinal, p.awaiting_command_id
     from faultline.process p
     where p.batch_id = $1 and p.ordinal >= $2 and p.status = 'WAITING_FOR_REPLY' and cardinality(p.path) = 1
     order by p.ordinal limit $3`,
    [batch_id, from_ordinal, limit],
  );
}
