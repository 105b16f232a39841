// Statements on `process`: start, lock, advance, park. Sets, not rows; every guard stands in the statement.

import type { Deadline } from '../../model/command.ts';
import type { ProcessRow, ProcessStatus, TerminalProcessStatus } from '../../model/process.ts';
import { jsonArray, plainArray, uuidArray } from '../arrays.ts';
import { toJson } from '../json.ts';
import type { Queryable, Tx } from '../pool.ts';

const PROCESS_COLUMNS = `p.process_id, p.batch_id, p.ordinal, p.process_type, p.version, p.status, p.current_step,
  p.awaiting_command_id, p.state, array_to_string(p.path, ',') as path, p.undo, p.ending, p.keep_effects, p.error_code, p.error_message`;

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

const insertText = ({ columns, values, names, arrays }: Record<'columns' | 'values' | 'names' | 'arrays', string>) => `
with clock as materialized (select now() as at)
insert into faultline.process (process_id, lane, batch_id, ordinal, process_type, version, domain, status, current_step,
  awaiting_command_id, state, path, command_ids, created_at, updated_at${columns})
select i.process_id, $1::smallint, i.batch_id, i.ordinal, i.process_type, i.version, i.domain, 'WAITING_FOR_REPLY',
  i.first_step, i.first_command_id, i.state, array[i.first_step], array[i.first_command_id], clock.at, clock.at${values}
from clock, unnest($2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::int[], $7::text[], $8::text[], $9::uuid[], $10::jsonb[]${arrays})
  as i(process_id, batch_id, ordinal, process_type, version, domain, first_step, first_command_id, state${names})
on conflict (batch_id, ordinal, lane) do nothing
returning process_id`;

/** Most processes have no deadline; those who have one pay for it. */
const INSERT = {
  plain: { name: 'insert_processes', text: insertText({ columns: '', values: '', names: '', arrays: '' }) },
  full: {
    name: 'insert_processes_full',
    text: insertText({
      columns: ', deadline_ms, deadline_at, on_deadline',
      values: `, i.deadline_ms, clock.at + i.deadline_ms * interval '1 millisecond', i.on_deadline`,
      names: ', deadline_ms, on_deadline',
      arrays: ', $11::int[], $12::text[]',
    }),
  },
};

/** Inserts processes that are not there yet; returns the ids it inserted. */
export async function insertProcessesIfAbsent(
  tx: Tx,
  lane: number,
  processes: readonly NewProcess[],
): Promise<Set<string>> {
  const column = <K extends keyof NewProcess>(key: K) => processes.map((process) => process[key]);
  const values: unknown[] = [
    lane,
    uuidArray(column('process_id')),
    uuidArray(column('batch_id')),
    plainArray(column('ordinal')),
    column('process_type'),
    plainArray(column('version')),
    column('domain'),
    column('first_step'),
    uuidArray(column('first_command_id')),
    jsonArray(processes.map((process) => JSON.stringify(process.state))),
  ];
  const full = processes.some(({ deadline }) => deadline);
  if (full)
    values.push(
      plainArray(processes.map(({ deadline }) => deadline?.deadline_ms ?? null)),
      plainArray(processes.map(({ deadline }) => deadline?.on_deadline ?? null)),
    );
  const { rows } = await tx.query<{ process_id: string }>({ ...(full ? INSERT.full : INSERT.plain), values });
  return new Set(rows.map((row) => row.process_id));
}

/** Step keys hold no comma. */
function withPath(rows: ProcessRow[], lane: number): ProcessRow[] {
  for (const row of rows) {
    row.path = String(row.path).split(',');
    row.lane = lane;
  }
  return rows;
}

const READ_PROCESSES = `
select ${PROCESS_COLUMNS}
from faultline.process p
where p.process_id = any($2::uuid[]) and p.lane = $1::smallint`;

/**
 * Reads a set of processes whose awaited commands the caller holds locked. That lock is enough: whatever changes a process
 * locks its awaited command first, and `updateIfAwaiting` looks again.
 */
export async function readProcesses(tx: Tx, lane: number, ids: readonly string[]): Promise<ProcessRow[]> {
  const { rows } = await tx.query<ProcessRow & Record<string, unknown>>({
    name: 'read_processes',
    text: READ_PROCESSES,
    values: [lane, uuidArray(ids)],
  });
  return withPath(rows, lane);
}

/** The same, locked in order of id: for callers that hold some other command of the process. */
export async function lockProcesses(tx: Tx, lane: number, ids: readonly string[]): Promise<ProcessRow[]> {
  const { rows } = await tx.query<ProcessRow & Record<string, unknown>>({
    name: 'lock_processes',
    text: `${READ_PROCESSES} order by p.process_id for no key update`,
    values: [lane, uuidArray(ids)],
  });
  return withPath(rows, lane);
}

/** One process after a decision. */
export interface ProcessChange {
  process_id: string;
  /** The command whose reply this decision answers. */
  replied_command_id: string;
  was: ProcessStatus;
  status: ProcessStatus;
  current_step: string | null;
  awaiting_command_id: string | null;
  /** Null: as it is. */
  state: unknown;
  /** Appended to path when the command sent is a step. */
  append_step: string | null;
  undo: number | null;
  ending: TerminalProcessStatus | null;
  error_code: string | null;
  error_message: string | null;
  keep_effects: boolean;
}

const updateText = ({ more, names, array }: { more: string; names: string; array: string }) => `
with clock as materialized (select now() as at),
input as materialized (
  select * from unnest($2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::jsonb[], $7::text[], $8::smallint[], $9::text[],
    $10::text[], $11::text[], $12::uuid[]${array})
    as i(process_id, status, current_step, awaiting_command_id, state, append_step, undo, ending, error_code, error_message,
      replied_command_id${names})
)
update faultline.process p
set status = i.status, current_step = i.current_step, awaiting_command_id = i.awaiting_command_id, state = coalesce(i.state, p.state),
  path = case when i.append_step is null then p.path else p.path || i.append_step end,
  command_ids = case when i.awaiting_command_id is null or i.awaiting_command_id = p.awaiting_command_id
    then p.command_ids else p.command_ids || i.awaiting_command_id end,
  undo = i.undo, ending = i.ending, error_code = i.error_code, error_message = i.error_message, updated_at = clock.at,
  completed_at = case when i.status in ('COMPLETED', 'COMPENSATED', 'FAILED', 'CANCELED') then clock.at end${more}
from clock, input i
where p.process_id = i.process_id and p.lane = $1::smallint and p.awaiting_command_id = i.replied_command_id`;

/** A deadline that passed while an operator was asked starts again when the process goes on. `p` is the process. */
const DEADLINE_ANEW = `case when p.status = 'WAITING_FOR_TSQ' and p.deadline_at <= clock.at
  then clock.at + p.deadline_ms * interval '1 millisecond' else p.deadline_at end`;

/** Most decisions neither follow nor bring a wait for an operator; the others pay for what they need more. */
const UPDATE = {
  plain: { name: 'update_if_awaiting', text: updateText({ more: '', names: '', array: '' }) },
  full: {
    name: 'update_if_awaiting_full',
    text: updateText({
      more: `, keep_effects = i.keep_effects, deadline_at = ${DEADLINE_ANEW},
  parked_at = case when i.status = 'WAITING_FOR_TSQ' then clock.at end`,
      names: ', keep_effects',
      array: ', $13::boolean[]',
    }),
  },
};

/** Writes decisions on processes that still await what was replied to; returns how many. A terminal process awaits nothing. */
export async function updateIfAwaiting(tx: Tx, lane: number, changes: readonly ProcessChange[]): Promise<number> {
  const column = <K extends keyof ProcessChange>(key: K) => changes.map((change) => change[key]);
  const values: unknown[] = [
    lane,
    uuidArray(column('process_id')),
    plainArray(column('status')),
    column('current_step'),
    uuidArray(column('awaiting_command_id')),
    jsonArray(changes.map((change) => (change.state === null ? null : toJson(change.state)))),
    column('append_step'),
    plainArray(column('undo')),
    plainArray(column('ending')),
    column('error_code'),
    column('error_message'),
    uuidArray(column('replied_command_id')),
  ];
  const full = changes.some(
    ({ was, status, keep_effects }) => was === 'WAITING_FOR_TSQ' || status === 'WAITING_FOR_TSQ' || keep_effects,
  );
  if (full) values.push(plainArray(column('keep_effects')));
  const { rowCount } = await tx.query({ ...(full ? UPDATE.full : UPDATE.plain), values });
  return rowCount ?? 0;
}

/** Records commands that a locked process was sent without awaiting them, so that its steps and audit show them. */
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

/** Processes whose awaited command was parked wait for the operator too. While compensating, error_code keeps the cause. */
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

/** The way back: an operator retried the awaited command. */
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
  deadline_at = ${DEADLINE_ANEW}
from clock, locked l
where p.process_id = l.process_id and p.lane = $1::smallint`,
    [lane, unparked.map((p) => p.process_id), unparked.map((p) => p.command_id)],
  );
}

/** Processes of a batch whose first command was never attempted, from an ordinal on. */
export async function readUnattempted(
  db: Queryable,
  batch_id: string,
  from_ordinal: number,
  limit: number,
): Promise<{ process_id: string; lane: number; ordinal: number; awaiting_command_id: string }[]> {
  const { rows } = await db.query<{ process_id: string; lane: number; ordinal: number; awaiting_command_id: string }>(
    `select p.process_id, p.lane, p.ordinal, p.awaiting_command_id
     from faultline.process p
     where p.batch_id = $1 and p.ordinal >= $2 and p.status = 'WAITING_FOR_REPLY' and cardinality(p.path) = 1
     order by p.ordinal limit $3`,
    [batch_id, from_ordinal, limit],
  );
  return rows;
}
