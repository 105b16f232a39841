// Finding and deleting what ended long ago: whole batches slice by slice, and standalone commands.
// Each set is bounded and found by an index. Locked rows are skipped; only what ended is deleted.

import type { CommandStatus } from '../../model/command.ts';
import type { BatchStatus, ProcessStatus } from '../../model/process.ts';
import { uuidArray } from '../arrays.ts';
import type { Queryable, Tx } from '../pool.ts';
import { affected, changed, count, idSet, ids, many, only } from '../rows.ts';
import { ENDED_BATCH, ENDED_PROCESS } from '../statuses.ts';
import type { Batch } from './batches.ts';
import { IS_EXPIRED } from './idempotency.ts';

/** The maximum number of rows of a table that one transaction deletes. */
export const SLICE_ROWS = 1_000;

/** `status || ''` keeps the planner from a partial index (see FENCE in claims.ts). */
const ENDED = `c.status || '' in ('COMPLETED', 'FAILED', 'CANCELED')`;

/** Lets the commit return before it is on disk. A crash undoes the last of such commits, in order. */
export async function commitBeforeDisk(tx: Tx): Promise<void> {
  await tx.query('set local synchronous_commit = off');
}

/** A moment `older_than_ms` ago, on the database's clock. */
export async function readCutoff(db: Queryable, older_than_ms: number): Promise<Date> {
  const text = `select now() - $1::float8 * interval '1 ms' as cutoff`;
  return (await only<{ cutoff: Date }>(db, text, [older_than_ms])).cutoff;
}

export interface PrunableBatch extends Pick<Batch, 'batch_id' | 'kind' | 'process_type' | 'name' | 'total_count'> {
  /** Its deletion has begun, and continues whatever this run selects. */
  begun: boolean;
}

/**
 * Batches that ended before the cutoff, and those whose deletion has begun, in order of id. A batch whose
 * Idempotency-Key still counts is not returned: a repeated launch must find it.
 */
export function readPrunableBatches(
  db: Queryable,
  page: { cutoff: Date; statuses: BatchStatus[]; after_id: string | null; limit: number },
) {
  return many<PrunableBatch>(
    db,
    `with kept as materialized (select k.batch_id from faultline.idempotency_key k where not ${IS_EXPIRED})
     select b.batch_id, b.kind, b.process_type, b.name, b.total_count, b.pruning_at is not null as begun
     from faultline.batch b
     where ($3::uuid is null or b.batch_id > $3)
       and (b.pruning_at is not null or (b.status = any($2::text[]) and b.completed_at < $1
         and b.batch_id not in (select kept.batch_id from kept)))
     order by b.batch_id limit $4`,
    [page.cutoff, page.statuses, page.after_id, page.limit],
  );
}

/** Hides a batch from now on. False if it has not ended, is gone, or is locked by another prune. */
export function markPruningIfEnded(tx: Tx, batch_id: string) {
  return changed(
    tx,
    `with ended as materialized (
       select b.batch_id from faultline.batch b
       where b.batch_id = $1 and b.status in ${ENDED_BATCH} for update skip locked
     )
     update faultline.batch b set pruning_at = coalesce(b.pruning_at, now()) from ended where b.batch_id = ended.batch_id`,
    [batch_id],
  );
}

/** Locks a batch that is being deleted. False if another prune has locked or deleted it. */
export function lockPruningBatch(tx: Tx, batch_id: string) {
  return changed(
    tx,
    'select 1 from faultline.batch b where b.batch_id = $1 and b.pruning_at is not null for update skip locked',
    [batch_id],
  );
}

export interface ProcessSlice {
  process_id: string;
  ordinal: number;
  status: ProcessStatus;
  command_ids: string[];
}

/** The next processes of a batch by ordinal: as many as have SLICE_ROWS commands together, and at least one. */
export async function readProcessSlice(
  db: Queryable,
  batch_id: string,
  after_ordinal: number,
): Promise<ProcessSlice[]> {
  const rows = await many<ProcessSlice>(
    db,
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

/** The number of these commands that have not ended. */
export function countOpenCommands(db: Queryable, command_ids: readonly string[]) {
  return count(
    db,
    `select count(*)::int as count from faultline.command c where c.command_id = any($1::uuid[]) and not (${ENDED})`,
    [uuidArray(command_ids)],
  );
}

/** Locks those of the commands that ended, in order of id. Skips locked rows. */
export function lockEndedCommands(tx: Tx, lane: number, command_ids: readonly string[]) {
  return idSet(
    tx,
    `select c.command_id from faultline.command c
     where c.command_id = any($1::uuid[]) and c.lane = $2 and ${ENDED}
     order by c.command_id for update skip locked`,
    [uuidArray(command_ids), lane],
  );
}

/** Returns those of the commands that exist. */
export function readPresentCommands(tx: Tx, lane: number, command_ids: readonly string[]) {
  return idSet(
    tx,
    'select c.command_id from faultline.command c where c.command_id = any($1::uuid[]) and c.lane = $2',
    [uuidArray(command_ids), lane],
  );
}

/** Locks those of the processes that ended, in order of id. Skips locked rows. */
export function lockEndedProcesses(tx: Tx, lane: number, process_ids: readonly string[]) {
  return many<{ process_id: string; command_ids: string[] }>(
    tx,
    `select p.process_id, p.command_ids from faultline.process p
     where p.process_id = any($1::uuid[]) and p.lane = $2 and p.status in ${ENDED_PROCESS}
     order by p.process_id for update skip locked`,
    [uuidArray(process_ids), lane],
  );
}

/** Up to SLICE_ROWS attempts of these commands. */
export function deleteAttempts(tx: Tx, lane: number, command_ids: readonly string[]) {
  return affected(
    tx,
    `with slice as materialized (
       select a.command_id, a.attempt from faultline.attempt a
       where a.command_id = any($1::uuid[]) and a.lane = $2 limit ${SLICE_ROWS}
     )
     delete from faultline.attempt a using slice s where a.command_id = s.command_id and a.attempt = s.attempt and a.lane = $2`,
    [uuidArray(command_ids), lane],
  );
}

/** Up to SLICE_ROWS events of these commands and processes. */
export function deleteEvents(tx: Tx, lane: number, command_ids: readonly string[], process_ids: readonly string[]) {
  return affected(
    tx,
    `with slice as materialized (
       select e.event_id from faultline.event e where e.command_id = any($1::uuid[]) and e.lane = $3
       union
       select e.event_id from faultline.event e where e.process_id = any($2::uuid[]) and e.lane = $3
       limit ${SLICE_ROWS}
     )
     delete from faultline.event e using slice s where e.event_id = s.event_id and e.lane = $3`,
    [uuidArray(command_ids), uuidArray(process_ids), lane],
  );
}

/** Up to SLICE_ROWS other events of a batch in a lane. */
export function deleteBatchEvents(tx: Tx, lane: number, batch_id: string) {
  return affected(
    tx,
    `with slice as materialized (
       select e.event_id from faultline.event e where e.batch_id = $1 and e.lane = $2 limit ${SLICE_ROWS}
     )
     delete from faultline.event e using slice s where e.event_id = s.event_id and e.lane = $2`,
    [batch_id, lane],
  );
}

/** Deletes commands that are locked. */
export function deleteCommands(tx: Tx, lane: number, command_ids: readonly string[]) {
  return affected(tx, 'delete from faultline.command c where c.command_id = any($1::uuid[]) and c.lane = $2', [
    uuidArray(command_ids),
    lane,
  ]);
}

/** Deletes processes that are locked. */
export function deleteProcesses(tx: Tx, lane: number, process_ids: readonly string[]) {
  return affected(tx, 'delete from faultline.process p where p.process_id = any($1::uuid[]) and p.lane = $2', [
    uuidArray(process_ids),
    lane,
  ]);
}

const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** A position in the walk over commands, by age. */
export interface CommandCursor {
  created_at: Date | string;
  command_id: string;
}

export interface CommandSlice {
  /** The commands that may be deleted. */
  command_ids: string[];
  /** The start of the next slice; null after the last one. */
  next: CommandCursor | null;
}

/**
 * `commands` selects a page of the index, not of the prunable commands, so commands that stay cost no more than the
 * others.
 */
async function readSlice(
  db: Queryable,
  commands: string,
  values: unknown[],
  after: CommandCursor | null,
): Promise<CommandSlice> {
  const rows = await many<{ command_id: string; created_at: string; prunable: boolean }>(
    db,
    `${commands} and (c.created_at, c.command_id) > ($1::timestamptz, $2::uuid)
     order by c.created_at, c.command_id limit ${SLICE_ROWS}`,
    [after?.created_at ?? '-infinity', after?.command_id ?? FIRST_ID, ...values],
  );
  return {
    command_ids: rows.filter(({ prunable }) => prunable).map(({ command_id }) => command_id),
    next: rows.length < SLICE_ROWS ? null : (rows.at(-1) ?? null),
  };
}

/** Commands without process and batch that ended as `status` before the cutoff. */
export function readStandaloneSlice(
  db: Queryable,
  { status, cutoff, after }: { status: CommandStatus; cutoff: Date; after: CommandCursor | null },
) {
  return readSlice(
    db,
    `select c.command_id, c.created_at::text as created_at, c.batch_id is null and c.settled_at < $4 as prunable
     from faultline.command c where c.purpose = 'standalone' and c.status = $3 and c.created_at < $4`,
    [status, cutoff],
    after,
  );
}

/** Internal commands without a batch (jobs) that ended before the cutoff. */
export function readInternalSlice(db: Queryable, { cutoff, after }: { cutoff: Date; after: CommandCursor | null }) {
  return readSlice(
    db,
    `select c.command_id, c.created_at::text as created_at, ${ENDED} and c.settled_at < $3 as prunable
     from faultline.command c where c.batch_id is null and c.purpose in ('chunk', 'job') and c.created_at < $3`,
    [cutoff],
    after,
  );
}

/** The number of commands that readStandaloneSlice finds in all. */
export function countStandalone(db: Queryable, statuses: CommandStatus[], cutoff: Date) {
  return count(
    db,
    `select count(*)::int as count from faultline.command c
     where c.purpose = 'standalone' and c.status = any($1::text[]) and c.created_at < $2 and c.settled_at < $2 and c.batch_id is null`,
    [statuses, cutoff],
  );
}

/** Some commands of a command batch, in any status. */
export function readBatchCommandSlice(db: Queryable, batch_id: string) {
  return ids(
    db,
    `select c.command_id from faultline.command c
     where c.batch_id = $1 and c.purpose = 'standalone' limit ${SLICE_ROWS}`,
    [batch_id],
  );
}

/** The number of commands of a command batch that have not ended. */
export function countOpenBatchCommands(db: Queryable, batch_id: string) {
  return count(
    db,
    `select count(*)::int as count from faultline.command c
     where c.batch_id = $1 and c.purpose = 'standalone' and c.status in ('PENDING', 'IN_PROGRESS', 'IN_TROUBLESHOOTING_QUEUE')`,
    [batch_id],
  );
}

/** Internal commands of a batch: one for each 1,000 processes. */
export function readInternalCommands(db: Queryable, batch_id: string) {
  return many<{ command_id: string; ended: boolean }>(
    db,
    `select c.command_id, ${ENDED} as ended from faultline.command c
     where c.batch_id = $1 and c.purpose in ('chunk', 'job') limit ${SLICE_ROWS}`,
    [batch_id],
  );
}

/** Deletes the row of a batch that has nothing left. */
export function deleteBatchIfEmpty(tx: Tx, batch_id: string) {
  return changed(
    tx,
    `delete from faultline.batch b where b.batch_id = $1 and b.pruning_at is not null
       and not exists (select from faultline.process p where p.batch_id = $1)
       and not exists (select from faultline.command c where c.batch_id = $1 and c.purpose = 'standalone')
       and not exists (select from faultline.command c where c.batch_id = $1 and c.purpose in ('chunk', 'job'))`,
    [batch_id],
  );
}
