// Finding what ended long ago, and deleting it: whole batches slice by slice, standalone commands, and what nothing refers to any more.
// Every set is reached by an index and bounded; what somebody else has locked is passed over; only what ended is ever deleted.

import type { CommandStatus } from '../../model/command.ts';
import type { BatchStatus, ProcessStatus } from '../../model/process.ts';
import { uuidArray } from '../arrays.ts';
import type { Queryable, Tx } from '../pool.ts';
import { affected, count, idSet, ids, many } from '../rows.ts';

/** No more rows of a table than this are deleted in one transaction. */
export const SLICE_ROWS = 1_000;

/** Cannot be matched to a partial index, which the planner would walk from end to end while it is fresh (see claims.ts FENCE). */
const ENDED = `c.status || '' in ('COMPLETED', 'FAILED', 'CANCELED')`;

/** The commit of this transaction is answered before it is on disk. A crash takes the last of such commits back, in order. */
export async function commitBeforeDisk(tx: Tx): Promise<void> {
  await tx.query('set local synchronous_commit = off');
}

/** The moment before which things must have ended, on the database's clock. */
export async function readCutoff(db: Queryable, older_than_ms: number): Promise<Date> {
  const { rows } = await db.query<{ cutoff: Date }>(`select now() - $1::float8 * interval '1 ms' as cutoff`, [
    older_than_ms,
  ]);
  return (rows[0] as { cutoff: Date }).cutoff;
}

export interface PrunableBatch {
  batch_id: string;
  kind: 'process' | 'command';
  process_type: string | null;
  name: string | null;
  total_count: number;
  /** It was begun: whatever was asked for then goes for the rest of it. */
  begun: boolean;
}

/**
 * Batches that ended before the cutoff, and those whose deletion was begun, oldest first. One whose Idempotency-Key still
 * counts is not among them: a repeated launch must find it.
 */
export function readPrunableBatches(
  db: Queryable,
  {
    cutoff,
    statuses,
    after_id,
    limit,
  }: { cutoff: Date; statuses: BatchStatus[]; after_id: string | null; limit: number },
) {
  return many<PrunableBatch>(
    db,
    `with kept as materialized (
       select k.batch_id from faultline.idempotency_key k where k.created_at >= now() - interval '24 hours'
     )
     select b.batch_id, b.kind, b.process_type, b.name, b.total_count, b.pruning_at is not null as begun
     from faultline.batch b
     where ($3::uuid is null or b.batch_id > $3)
       and (b.pruning_at is not null or (b.status = any($2::text[]) and b.completed_at < $1
         and b.batch_id not in (select kept.batch_id from kept)))
     order by b.batch_id limit $4`,
    [cutoff, statuses, after_id, limit],
  );
}

/** From now on it is not shown. False when it did not end, is gone, or another prune is at it. */
export async function markPruningIfEnded(tx: Tx, batch_id: string): Promise<boolean> {
  return (
    (await affected(
      tx,
      `with ended as materialized (
       select b.batch_id from faultline.batch b
       where b.batch_id = $1 and b.status in ('COMPLETED', 'COMPLETED_WITH_FAILURES', 'CANCELED') for update skip locked
     )
     update faultline.batch b set pruning_at = coalesce(b.pruning_at, now()) from ended where b.batch_id = ended.batch_id`,
      [batch_id],
    )) === 1
  );
}

/** Holds a batch that is being deleted. False when another prune holds it, or has finished it. */
export async function lockPruningBatch(tx: Tx, batch_id: string): Promise<boolean> {
  return (
    (await affected(
      tx,
      'select 1 from faultline.batch b where b.batch_id = $1 and b.pruning_at is not null for update skip locked',
      [batch_id],
    )) === 1
  );
}

export interface ProcessSlice {
  process_id: string;
  ordinal: number;
  status: ProcessStatus;
  command_ids: string[];
}

/** The next processes of a batch by ordinal, with no more than SLICE_ROWS commands together (but one at least). */
export async function readProcessSlice(
  db: Queryable,
  batch_id: string,
  after_ordinal: number,
): Promise<ProcessSlice[]> {
  const { rows } = await db.query<ProcessSlice & Record<string, unknown>>(
    `select p.process_id, p.ordinal, p.status, p.command_ids from faultline.process p
     where p.batch_id = $1 and p.ordinal > $2 order by p.ordinal limit $3`,
    [batch_id, after_ordinal, SLICE_ROWS / 4],
  );
  let commands = 0;
  const end = rows.findIndex(({ command_ids }, index) => {
    commands += command_ids.length;
    return index > 0 && commands > SLICE_ROWS;
  });
  return end === -1 ? rows : rows.slice(0, end);
}

/** How many of these commands did not end. */
export function countOpenCommands(db: Queryable, command_ids: readonly string[]) {
  return count(
    db,
    `select count(*)::int as count from faultline.command c where c.command_id = any($1::uuid[]) and not (${ENDED})`,
    [uuidArray(command_ids)],
  );
}

/** Commands of a lane that ended and that nobody holds, locked in order. Those of them that are there. */
export function lockEndedCommands(tx: Tx, lane: number, command_ids: readonly string[]) {
  return idSet(
    tx,
    `select c.command_id from faultline.command c
     where c.command_id = any($1::uuid[]) and c.lane = $2 and ${ENDED}
     order by c.command_id for update skip locked`,
    [uuidArray(command_ids), lane],
  );
}

/** Commands of a lane that are there, whatever they are. */
export function readPresentCommands(tx: Tx, lane: number, command_ids: readonly string[]) {
  return idSet(
    tx,
    'select c.command_id from faultline.command c where c.command_id = any($1::uuid[]) and c.lane = $2',
    [uuidArray(command_ids), lane],
  );
}

/** Processes of a lane that ended and that nobody holds, locked in order, as they are now. */
export function lockEndedProcesses(tx: Tx, lane: number, process_ids: readonly string[]) {
  return many<{ process_id: string; command_ids: string[] }>(
    tx,
    `select p.process_id, p.command_ids from faultline.process p
     where p.process_id = any($1::uuid[]) and p.lane = $2 and p.status in ('COMPLETED', 'COMPENSATED', 'FAILED', 'CANCELED')
     order by p.process_id for update skip locked`,
    [uuidArray(process_ids), lane],
  );
}

/** Attempts of these commands, SLICE_ROWS of them at most. */
export function deleteAttempts(tx: Tx, lane: number, command_ids: readonly string[]) {
  return affected(
    tx,
    `with doomed as materialized (
       select a.command_id, a.attempt from faultline.attempt a
       where a.command_id = any($1::uuid[]) and a.lane = $2 limit ${SLICE_ROWS}
     )
     delete from faultline.attempt a using doomed d
     where a.command_id = d.command_id and a.attempt = d.attempt and a.lane = $2`,
    [uuidArray(command_ids), lane],
  );
}

/** Events of these commands and processes, SLICE_ROWS of them at most. */
export function deleteEvents(tx: Tx, lane: number, command_ids: readonly string[], process_ids: readonly string[]) {
  return affected(
    tx,
    `with doomed as materialized (
       select e.event_id from faultline.event e where e.command_id = any($1::uuid[]) and e.lane = $3
       union
       select e.event_id from faultline.event e where e.process_id = any($2::uuid[]) and e.lane = $3
       limit ${SLICE_ROWS}
     )
     delete from faultline.event e using doomed d where e.event_id = d.event_id and e.lane = $3`,
    [uuidArray(command_ids), uuidArray(process_ids), lane],
  );
}

/** What else was recorded of a batch, SLICE_ROWS of a lane at most. */
export function deleteBatchEvents(tx: Tx, lane: number, batch_id: string) {
  return affected(
    tx,
    `with doomed as materialized (
       select e.event_id from faultline.event e where e.batch_id = $1 and e.lane = $2 limit ${SLICE_ROWS}
     )
     delete from faultline.event e using doomed d where e.event_id = d.event_id and e.lane = $2`,
    [batch_id, lane],
  );
}

export function deleteChaosRows(tx: Tx, lane: number, command_ids: readonly string[]) {
  return affected(tx, 'delete from e2e.test_command t where t.command_id = any($1::uuid[]) and t.lane = $2', [
    uuidArray(command_ids),
    lane,
  ]);
}

/** Commands locked before. */
export function deleteCommands(tx: Tx, lane: number, command_ids: readonly string[]) {
  return affected(tx, 'delete from faultline.command c where c.command_id = any($1::uuid[]) and c.lane = $2', [
    uuidArray(command_ids),
    lane,
  ]);
}

/** Processes locked before. */
export function deleteProcesses(tx: Tx, lane: number, process_ids: readonly string[]) {
  return affected(tx, 'delete from faultline.process p where p.process_id = any($1::uuid[]) and p.lane = $2', [
    uuidArray(process_ids),
    lane,
  ]);
}

const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** Where a walk over commands has come to: a status at a time, by age. */
export interface CommandCursor {
  created_at: Date | string;
  command_id: string;
}
export interface CommandSlice {
  /** Those that may be deleted. */
  command_ids: string[];
  /** Where the next slice begins; null when this was the last. */
  next: CommandCursor | null;
}

interface WalkedCommand {
  command_id: string;
  created_at: string;
  prunable: boolean;
}

/** A page of the index, not of what is found in it: commands that stay cost no more than those that go. */
function toSlice(rows: readonly WalkedCommand[]): CommandSlice {
  const last = rows.at(-1);
  return {
    command_ids: rows.filter(({ prunable }) => prunable).map(({ command_id }) => command_id),
    next: last === undefined || rows.length < SLICE_ROWS ? null : last,
  };
}

/** Commands without process and batch that ended as `status` before the cutoff. */
export async function readStandaloneSlice(
  db: Queryable,
  { status, cutoff, after }: { status: CommandStatus; cutoff: Date; after: CommandCursor | null },
): Promise<CommandSlice> {
  const { rows } = await db.query<WalkedCommand & Record<string, unknown>>(
    `select c.command_id, c.created_at::text as created_at, c.batch_id is null and c.settled_at < $2 as prunable
     from faultline.command c
     where c.purpose = 'standalone' and c.status = $1 and c.created_at < $2
       and (c.created_at, c.command_id) > ($3::timestamptz, $4::uuid)
     order by c.created_at, c.command_id limit ${SLICE_ROWS}`,
    [status, cutoff, after?.created_at ?? '-infinity', after?.command_id ?? FIRST_ID],
  );
  return toSlice(rows);
}

/** How many readStandaloneSlice would find in all. */
export function countStandalone(db: Queryable, statuses: CommandStatus[], cutoff: Date) {
  return count(
    db,
    `select count(*)::int as count from faultline.command c
     where c.purpose = 'standalone' and c.status = any($1::text[]) and c.created_at < $2 and c.settled_at < $2 and c.batch_id is null`,
    [statuses, cutoff],
  );
}

/** The next commands of a command batch, whatever they are, by id. */
export function readBatchCommandSlice(db: Queryable, batch_id: string) {
  return ids(
    db,
    `select c.command_id from faultline.command c
     where c.batch_id = $1 and c.purpose = 'standalone' limit ${SLICE_ROWS}`,
    [batch_id],
  );
}

/** How many commands of a command batch did not end. */
export function countOpenBatchCommands(db: Queryable, batch_id: string) {
  return count(
    db,
    `select count(*)::int as count from faultline.command c
     where c.batch_id = $1 and c.purpose = 'standalone' and c.status in ('PENDING', 'IN_PROGRESS', 'IN_TROUBLESHOOTING_QUEUE')`,
    [batch_id],
  );
}

/** Faultline's own commands for a batch (chunks, jobs), whatever they are: one for each 1,000 processes. */
export function readInternalCommands(db: Queryable, batch_id: string) {
  return many<{ command_id: string; ended: boolean }>(
    db,
    `select c.command_id, ${ENDED} as ended from faultline.command c
     where c.batch_id = $1 and c.purpose in ('chunk', 'job') limit ${SLICE_ROWS}`,
    [batch_id],
  );
}

/** Jobs of no batch that ended before the cutoff. */
export async function readInternalSlice(
  db: Queryable,
  { cutoff, after }: { cutoff: Date; after: CommandCursor | null },
): Promise<CommandSlice> {
  const { rows } = await db.query<WalkedCommand & Record<string, unknown>>(
    `select c.command_id, c.created_at::text as created_at, ${ENDED} and c.settled_at < $1 as prunable
     from faultline.command c
     where c.batch_id is null and c.purpose in ('chunk', 'job') and c.created_at < $1
       and (c.created_at, c.command_id) > ($2::timestamptz, $3::uuid)
     order by c.created_at, c.command_id limit ${SLICE_ROWS}`,
    [cutoff, after?.created_at ?? '-infinity', after?.command_id ?? FIRST_ID],
  );
  return toSlice(rows);
}

/** The batch itself, unless something of it is left. */
export async function deleteBatchIfEmpty(tx: Tx, batch_id: string): Promise<boolean> {
  return (
    (await affected(
      tx,
      `delete from faultline.batch b where b.batch_id = $1 and b.pruning_at is not null
       and not exists (select from faultline.process p where p.batch_id = $1)
       and not exists (select from faultline.command c where c.batch_id = $1 and c.purpose = 'standalone')
       and not exists (select from faultline.command c where c.batch_id = $1 and c.purpose in ('chunk', 'job'))`,
      [batch_id],
    )) === 1
  );
}
