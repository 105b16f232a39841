// Statements on `e2e.test_command`, which holds the chaos of a command, and on `command.fault`, the mark of its fault.
// Each handles its whole set in one round trip; a writing statement names one lane.

import { jsonArray, uuidArray } from '../../db/arrays.ts';
import type { Queryable, Tx } from '../../db/pool.ts';
import { affected, idSet, many } from '../../db/rows.ts';
import type { CommandBehavior } from '../behavior.ts';
import { IS_CHAOS_STOPPED } from './lab-control.ts';

/** The chaos of a command. */
export interface TestCommand {
  command_id: string;
  lane: number;
  behavior: CommandBehavior;
  /** The step of a process that the command is; both null for a standalone command. */
  payload: {
    process_id: string | null;
    process_step: string | null;
    /** The ordinal of a standalone command in its batch. A process stores its own. */
    ordinal?: number;
  };
}

/**
 * Inserts rows of one lane. An existing row stays: if the id is a duplicate, the insert of the command fails, and the
 * transaction with it.
 */
export async function insertTestCommands(tx: Tx, lane: number, rows: readonly TestCommand[]): Promise<void> {
  await tx.query({
    name: 'insert_test_commands',
    text: `
insert into e2e.test_command (command_id, lane, behavior, payload)
select i.command_id, $1::smallint, i.behavior, i.payload
from unnest($2::uuid[], $3::jsonb[], $4::jsonb[]) as i(command_id, behavior, payload)
on conflict (command_id, lane) do nothing`,
    values: [
      lane,
      uuidArray(rows.map(({ command_id }) => command_id)),
      jsonArray(rows.map(({ behavior }) => JSON.stringify(behavior))),
      jsonArray(rows.map(({ payload }) => JSON.stringify(payload))),
    ],
  });
}

/** The rows of these commands, in any order; a command without chaos has none. */
export function readTestCommands(db: Queryable, command_ids: readonly string[]) {
  return many<TestCommand>(
    db,
    `select t.command_id, t.lane, t.behavior, t.payload
     from unnest($1::uuid[]) as i(command_id) join e2e.test_command t on t.command_id = i.command_id`,
    [command_ids],
  );
}

export function deleteTestCommands(tx: Tx, lane: number, command_ids: readonly string[]) {
  return affected(tx, 'delete from e2e.test_command t where t.command_id = any($1::uuid[]) and t.lane = $2', [
    uuidArray(command_ids),
    lane,
  ]);
}

/** The fields that identify the chaos of a claimed command. */
export interface ChaosKey {
  command_id: string;
  lane: number;
  process_id: string | null;
  batch_id: string | null;
}

/** The data from which the chaos of a claimed command is decided. */
export interface ChaosSource {
  command_id: string;
  behavior: CommandBehavior;
  /** The ordinal of the process or standalone command in its batch; null without a batch. */
  ordinal: number | null;
  /** The seed of the batch; null without a batch. */
  seed: string | null;
  /** Injection is stopped, by the kill switch or for its batch. */
  injection_stopped: boolean;
}

/** The sources of a set of claimed commands, each found by primary key. Commands without chaos have none. */
export function readChaosSources(db: Queryable, commands: readonly ChaosKey[]) {
  return many<ChaosSource>(db, {
    name: 'read_chaos_sources',
    text: `
select t.command_id, t.behavior, coalesce(p.ordinal, (t.payload ->> 'ordinal')::int) as ordinal, b.seed,
  b.injection_stopped_at is not null or ${IS_CHAOS_STOPPED} as injection_stopped
from unnest($1::uuid[], $2::smallint[], $3::uuid[], $4::uuid[]) as i(command_id, lane, process_id, batch_id)
  join e2e.test_command t on t.command_id = i.command_id and t.lane = i.lane
  left join faultline.process p on p.process_id = i.process_id and p.lane = i.lane
  left join faultline.batch b on b.batch_id = i.batch_id`,
    values: [
      uuidArray(commands.map(({ command_id }) => command_id)),
      commands.map(({ lane }) => lane),
      uuidArray(commands.map(({ process_id }) => process_id)),
      uuidArray(commands.map(({ batch_id }) => batch_id)),
    ],
  });
}

export interface SuppressedAttempt {
  command_id: string;
  attempt: number;
}

/**
 * Records attempts of one lane, in order of id, into which nothing is injected although their commands have a behavior.
 */
export async function suppressAttempts(
  db: Queryable,
  lane: number,
  attempts: readonly SuppressedAttempt[],
): Promise<void> {
  await db.query({
    name: 'suppress_attempts',
    text: `
update e2e.test_command t
set suppressed = array_append(t.suppressed, i.attempt)
from unnest($2::uuid[], $3::int[]) as i(command_id, attempt)
where t.command_id = i.command_id and t.lane = $1::smallint and (i.attempt = any(t.suppressed)) is not true`,
    values: [lane, uuidArray(attempts.map(({ command_id }) => command_id)), attempts.map(({ attempt }) => attempt)],
  });
}

/** A fault about to be injected into the attempt that `claim_id` fences. */
export interface FaultMark {
  command_id: string;
  claim_id: string;
  fault: string;
}

/**
 * Marks commands of one lane whose claim still holds its lease with their faults, which the reaper copies; returns
 * their ids.
 * Locks its set in order of id. `status || ''` keeps the planner from the partial index command_leased, as in a settle.
 */
export function markFaultsIfLeased(tx: Queryable, lane: number, marks: readonly FaultMark[]) {
  return idSet(tx, {
    name: 'mark_faults_if_leased',
    text: `
with clock as materialized (select now() as at),
fenced as materialized (
  select c.command_id, i.fault
  from clock, unnest($2::uuid[], $3::uuid[], $4::text[]) as i(command_id, claim_id, fault)
    join faultline.command c on c.command_id = i.command_id and c.lane = $1::smallint
  where c.claim_id = i.claim_id and c.status || '' = 'IN_PROGRESS' and c.lease_expires_at > clock.at
  order by c.command_id
  for update of c
)
update faultline.command c
set fault = fenced.fault
from fenced
where c.command_id = fenced.command_id and c.lane = $1::smallint
returning c.command_id`,
    values: [
      lane,
      marks.map(({ command_id }) => command_id),
      marks.map(({ claim_id }) => claim_id),
      marks.map(({ fault }) => fault),
    ],
  });
}
