// Statements on `e2e.test_command`, the chaos row beside a command, and on `command.fault`, the mark of a fault to come.
// Each handles its whole set in one round trip; writing statements name one lane.

import { jsonArray, uuidArray } from '../../db/arrays.ts';
import type { Queryable, Tx } from '../../db/pool.ts';
import { idSet, many } from '../../db/rows.ts';

/** What chaos does to a command, written in the transaction that sends it. */
export interface TestCommandRow {
  command_id: string;
  lane: number;
  /** A CommandBehavior without nulls. */
  behavior: object;
  payload: TestCommandPayload;
}

/** Which step of which process the command is; both null for a standalone command. */
export interface TestCommandPayload {
  process_id: string | null;
  process_step: string | null;
  /** Of a standalone command in its batch; a process knows its own. */
  ordinal?: number;
}

/**
 * Inserts a set of rows of one lane. A row that is there already stays as it is: the command's own insert
 * is what tells a duplicate id, and takes this transaction down with it.
 */
export async function insertTestCommands(tx: Tx, lane: number, rows: readonly TestCommandRow[]): Promise<void> {
  await tx.query({
    name: 'insert_test_commands',
    text: `
insert into e2e.test_command (command_id, lane, behavior, payload)
select i.command_id, $1::smallint, i.behavior, i.payload
from unnest($2::uuid[], $3::jsonb[], $4::jsonb[]) as i(command_id, behavior, payload)
on conflict (command_id, lane) do nothing`,
    values: [
      lane,
      uuidArray(rows.map((row) => row.command_id)),
      jsonArray(rows.map((row) => JSON.stringify(row.behavior))),
      jsonArray(rows.map((row) => JSON.stringify(row.payload))),
    ],
  });
}

/** The rows of these commands, in no order; a command without chaos has none. */
export function readTestCommands(db: Queryable, command_ids: readonly string[]) {
  return many<TestCommandRow>(
    db,
    `select t.command_id, t.lane, t.behavior, t.payload
     from unnest($1::uuid[]) as i(command_id) join e2e.test_command t on t.command_id = i.command_id`,
    [command_ids],
  );
}

/** A claimed command as far as its chaos can be found by it. */
export interface ChaosKey {
  command_id: string;
  lane: number;
  process_id: string | null;
  batch_id: string | null;
}

/** What the chaos of a claimed command is decided from. */
export interface ChaosSource {
  command_id: string;
  behavior: object;
  /** Of its process, or of itself, in the batch; null for a command of none. */
  ordinal: number | null;
  /** Of its batch; null without one. */
  seed: string | null;
  /** By the kill switch, or of its batch. */
  injection_stopped: boolean;
}

/** Behavior, ordinal and seed of a set of claimed commands, each found by primary key; those without chaos are left out. */
export function readChaosSources(db: Queryable, commands: readonly ChaosKey[]) {
  return many<ChaosSource>(db, {
    name: 'read_chaos_sources',
    text: `
select t.command_id, t.behavior, coalesce(p.ordinal, (t.payload ->> 'ordinal')::int) as ordinal, b.seed,
  -- The kill switch depends on nothing else, so it is looked at once a statement.
  b.injection_stopped_at is not null or exists (
    select from faultline.setting s where s.key = 'chaos_stopped') as injection_stopped
from unnest($1::uuid[], $2::smallint[], $3::uuid[], $4::uuid[]) as i(command_id, lane, process_id, batch_id)
  join e2e.test_command t on t.command_id = i.command_id and t.lane = i.lane
  left join faultline.process p on p.process_id = i.process_id and p.lane = i.lane
  left join faultline.batch b on b.batch_id = i.batch_id`,
    values: [
      uuidArray(commands.map((command) => command.command_id)),
      commands.map((command) => command.lane),
      uuidArray(commands.map((command) => command.process_id)),
      uuidArray(commands.map((command) => command.batch_id)),
    ],
  });
}

export interface SuppressedAttempt {
  command_id: string;
  attempt: number;
}

/** Writes down attempts, of one lane and in order of id, into which nothing is injected although their commands have a behavior. */
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
    values: [lane, uuidArray(attempts.map((a) => a.command_id)), attempts.map((a) => a.attempt)],
  });
}

/** A fault about to happen to the attempt that `claim_id` fences. */
export interface FaultMark {
  command_id: string;
  claim_id: string;
  fault: string;
}

/**
 * Writes faults on commands of one lane whose claim still holds its lease, for reap to copy; returns the ids it wrote.
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
      marks.map((mark) => mark.command_id),
      marks.map((mark) => mark.claim_id),
      marks.map((mark) => mark.fault),
    ],
  });
}
