// Prunes one slice in a short transaction: ended commands or processes, with every row that belongs to them.
// Items that are locked or still open stay unchanged.

import type { BusHooks } from '../bus/handlers.ts';
import { type Pool, type Tx, withTx } from '../db/pool.ts';
import * as prune from '../db/queries/prune.ts';
import type { Env } from '../model/env.ts';
import { byLane, laneOf } from '../model/ids.ts';

/** The context in which slices are deleted. */
export interface PruneSite {
  pool: Pool;
  env: Env;
  lanes: number;
  hooks: Pick<BusHooks, 'beforeDelete'>;
}

/** Rows deleted, by what they are. */
export const PRUNED = [
  'batches',
  'processes',
  'commands',
  'attempts',
  'events',
  'chaos_rows',
  'replies',
  'jobs',
  'idempotency_keys',
  'workers',
] as const;
export type PruneCounts = Record<(typeof PRUNED)[number], number>;

export function noCounts(): PruneCounts {
  return Object.fromEntries(PRUNED.map((kind) => [kind, 0])) as PruneCounts;
}

/** The result of one transaction. */
export interface Slice {
  counts: Partial<PruneCounts>;
  /** False: a part of the rows is gone, and the same slice must come again for the rest. */
  done: boolean;
}

/**
 * A transaction of pruning. Its commit does not wait for the disk: a crash brings back the last slices, in order, and
 * the next prune deletes them again.
 */
export function inSlice<S extends Slice>(site: PruneSite, work: (tx: Tx) => Promise<S>): Promise<S> {
  return withTx(site.pool, async (tx) => {
    await prune.commitBeforeDisk(tx);
    const slice = await work(tx);
    await site.env.probe('in_prune_slice', slice.counts);
    return slice;
  });
}

/** Deletes those of these commands that ended, lane by lane, each lane until it is done. */
export async function pruneCommands(
  site: PruneSite,
  command_ids: readonly string[],
  { hold, onSlice }: SliceOptions,
): Promise<void> {
  for (const [lane, ids] of byLane(command_ids, (id) => laneOf(id, site.lanes))) {
    await untilDone(onSlice, () =>
      inSlice(site, async (tx) => {
        if (!(await hold(tx))) return { counts: {}, done: true };
        const ended = [...(await prune.lockEndedCommands(tx, lane, ids))];
        return deleteWithRows(site, tx, lane, ended, []);
      }),
    );
  }
}

export interface SliceOptions {
  /** Locks what must stay as it is for the slice; false: it is not ours to prune. */
  hold(tx: Tx): Promise<boolean>;
  onSlice(counts: Partial<PruneCounts>): Promise<void>;
}

/** Deletes those of these processes that ended and whose commands all did; the others stay with all they have. */
export async function pruneProcesses(
  site: PruneSite,
  processes: readonly prune.ProcessSlice[],
  { hold, onSlice }: SliceOptions,
): Promise<void> {
  for (const [lane, group] of byLane(processes, ({ process_id }) => laneOf(process_id, site.lanes))) {
    await untilDone(onSlice, () =>
      inSlice(site, async (tx) => {
        if (!(await hold(tx))) return { counts: {}, done: true };
        const { process_ids, command_ids } = await lockWhole(tx, lane, group);
        return deleteWithRows(site, tx, lane, command_ids, process_ids);
      }),
    );
  }
}

/** Commands by id, then processes by id; then looks again, for a late effect may have added a command in between. */
async function lockWhole(tx: Tx, lane: number, group: readonly prune.ProcessSlice[]) {
  const listed = group.flatMap(({ command_ids }) => command_ids);
  const ended = await prune.lockEndedCommands(tx, lane, listed);
  const locked = await prune.lockEndedProcesses(
    tx,
    lane,
    group.map(({ process_id }) => process_id),
  );
  const others = locked.flatMap(({ command_ids }) => command_ids.filter((id) => !ended.has(id)));
  const open = others.length === 0 ? new Set<string>() : await prune.readPresentCommands(tx, lane, others);
  const whole = locked.filter(({ command_ids }) => !command_ids.some((id) => open.has(id)));
  return {
    process_ids: whole.map(({ process_id }) => process_id),
    command_ids: whole.flatMap(({ command_ids }) => command_ids.filter((id) => ended.has(id))),
  };
}

/**
 * Rows that refer to others are deleted first: while one kind has more rows than a transaction may delete, what they
 * belong to stays.
 */
async function deleteWithRows(
  { hooks }: PruneSite,
  tx: Tx,
  lane: number,
  command_ids: readonly string[],
  process_ids: readonly string[],
): Promise<Slice> {
  if (command_ids.length === 0 && process_ids.length === 0) return { counts: {}, done: true };
  const attempts = await prune.deleteAttempts(tx, lane, command_ids);
  const events = await prune.deleteEvents(tx, lane, command_ids, process_ids);
  if (attempts === prune.SLICE_ROWS || events === prune.SLICE_ROWS)
    return { counts: { attempts, events }, done: false };
  // More than these are those of one process that took very many steps.
  const some = command_ids.slice(0, prune.SLICE_ROWS);
  const chaos_rows = (await hooks.beforeDelete?.(tx, lane, some)) ?? 0;
  const commands = await prune.deleteCommands(tx, lane, some);
  if (some.length < command_ids.length) return { counts: { attempts, events, chaos_rows, commands }, done: false };
  const processes = process_ids.length === 0 ? 0 : await prune.deleteProcesses(tx, lane, process_ids);
  return { counts: { attempts, events, chaos_rows, commands, processes }, done: true };
}

export async function untilDone(
  onSlice: (counts: Partial<PruneCounts>) => Promise<void>,
  slice: () => Promise<Slice>,
): Promise<void> {
  for (let done = false; !done; ) {
    const each = await slice();
    await onSlice(each.counts);
    done = each.done;
  }
}
