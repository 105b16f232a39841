// Pruning: deletes what ended long enough ago and everything that belongs to it, but nothing that is open or at rest.
// It deletes in slices, in short transactions. If a run is killed, the next one continues; two runs do not conflict.

import type { Tx } from '../db/pool.ts';
import { deleteIdempotencyKeys } from '../db/queries/idempotency.ts';
import * as prune from '../db/queries/prune.ts';
import * as records from '../db/queries/prune-records.ts';
import { pages } from '../model/batching.ts';
import type { CommandStatus } from '../model/command.ts';
import { byLane } from '../model/ids.ts';
import type { BatchStatus } from '../model/process.ts';
import { pruneBatch } from './prune-batch.ts';
import {
  inSlice,
  noCounts,
  PRUNED,
  type PruneCounts,
  type PruneSite,
  pruneCommands,
  untilDone,
} from './prune-slices.ts';

/** How something may have ended, and what that is for a batch and for a command. */
const ENDINGS = {
  completed: { batch: 'COMPLETED', command: 'COMPLETED' },
  failed: { batch: 'COMPLETED_WITH_FAILURES', command: 'FAILED' },
  canceled: { batch: 'CANCELED', command: 'CANCELED' },
} as const satisfies Record<string, { batch: BatchStatus; command: CommandStatus }>;
export type Ending = keyof typeof ENDINGS;
const ENDINGS_KNOWN = Object.keys(ENDINGS) as Ending[];

export interface PruneRequest {
  /** The minimum time since an item ended. */
  older_than_ms: number;
  /** All when absent. */
  endings?: readonly Ending[];
  /** Batches with all that is theirs. */
  batches: boolean;
  /** Commands without process and batch. */
  commands: boolean;
  /** Jobs, idempotency keys, workers that are gone. */
  records: boolean;
  /** Replies that were never consumed. */
  replies: boolean;
  /** Process batches of these types only: the documents of others are not known here. Null: of any type. */
  process_types: readonly string[] | null;
}

export interface PruneRun {
  /** Ends after so many transactions; what is left is for the next run. */
  max_slices?: number;
  /** After each slice it rests for so many times what the slice took (0). */
  rest?: number;
  signal?: AbortSignal;
  removeArtifacts?(batch: { batch_id: string; process_type: string }): Promise<void>;
  onProgress?(counts: Readonly<PruneCounts>): void;
}

export interface Pruned {
  /** Items that ended before this time were examined. */
  cutoff: Date;
  counts: PruneCounts;
  /** False when it was stopped by `max_slices` or `signal`. */
  finished: boolean;
  /**
   * Batches that ended but of which something is open or held: they stay, or what is left of them does, for the next
   * prune.
   */
  left_count: number;
  /** Batches of process types that are not known here. */
  unknown_count: number;
  /** Batches whose documents could not be removed: the next prune tries again. */
  failed: { batch_id: string; message: string }[];
}

/** Prunes what the request says. Safe to end, kill and repeat at any point. */
export async function pruneEnded(site: PruneSite, request: PruneRequest, run: PruneRun = {}): Promise<Pruned> {
  const cutoff = await prune.readCutoff(site.pool, request.older_than_ms);
  const pruned: Pruned = { cutoff, counts: noCounts(), finished: true, left_count: 0, unknown_count: 0, failed: [] };
  const over = new AbortController();
  const onSlice = throttled(site, run, over, pruned);
  const work = { site, request, run, pruned, onSlice };
  try {
    run.signal?.throwIfAborted();
    if (request.batches) await pruneBatches(work);
    if (request.commands) await pruneStandalone(work);
    if (request.records) await pruneRecords(work);
    if (request.replies) await pruneReplies(work);
  } catch (error) {
    if (!over.signal.aborted && !run.signal?.aborted) throw error;
    pruned.finished = false;
  }
  return pruned;
}

interface Work {
  site: PruneSite;
  request: PruneRequest;
  run: PruneRun;
  pruned: Pruned;
  onSlice(counts: Partial<PruneCounts>): Promise<void>;
}

/** Counts each slice, rests after it, and ends the run where it has to end. */
function throttled({ env }: PruneSite, run: PruneRun, over: AbortController, pruned: Pruned): Work['onSlice'] {
  let slices = 0;
  let since_ms = env.monotonicMs();
  return async (counts) => {
    for (const kind of PRUNED) pruned.counts[kind] += counts[kind] ?? 0;
    run.onProgress?.(pruned.counts);
    if (++slices === run.max_slices) over.abort();
    over.signal.throwIfAborted();
    run.signal?.throwIfAborted();
    if (run.rest) await env.sleep((env.monotonicMs() - since_ms) * run.rest, run.signal);
    run.signal?.throwIfAborted();
    since_ms = env.monotonicMs();
  };
}

/** Batches of a request, oldest first. */
async function* prunableBatches(
  site: PruneSite,
  request: PruneRequest,
  cutoff: Date,
): AsyncGenerator<prune.PrunableBatch> {
  const statuses = (request.endings ?? ENDINGS_KNOWN).map((ending) => ENDINGS[ending].batch);
  const found = pages(
    (after_id: string | null) => prune.readPrunableBatches(site.pool, { cutoff, statuses, after_id, limit: 100 }),
    (page) => page.at(-1)?.batch_id ?? null,
  );
  for await (const page of found) yield* page;
}

async function pruneBatches(work: Work): Promise<void> {
  const { site, request, pruned } = work;
  const onFailure = (batch_id: string, message: string) => void pruned.failed.push({ batch_id, message });
  for await (const batch of prunableBatches(site, request, pruned.cutoff)) {
    if (!isKnown(batch, request)) pruned.unknown_count++;
    else if (!(await pruneBatch(site, batch, { run: work.run, onSlice: work.onSlice, onFailure }))) pruned.left_count++;
  }
}

function isKnown(batch: prune.PrunableBatch, { process_types }: PruneRequest): boolean {
  return batch.process_type === null || process_types === null || process_types.includes(batch.process_type);
}

async function pruneStandalone({ site, request, pruned, onSlice }: Work): Promise<void> {
  const options = { hold: async () => true, onSlice };
  for (const ending of request.endings ?? ENDINGS_KNOWN) {
    const status = ENDINGS[ending].command;
    const slices = pages(
      (after: prune.CommandCursor | null) =>
        prune.readStandaloneSlice(site.pool, { status, cutoff: pruned.cutoff, after }),
      ({ next }) => next,
    );
    for await (const { command_ids } of slices) await pruneCommands(site, command_ids, options);
  }
}

async function pruneRecords({ site, pruned, onSlice }: Work): Promise<void> {
  const { cutoff } = pruned;
  const internal = pages(
    (after: prune.CommandCursor | null) => prune.readInternalSlice(site.pool, { cutoff, after }),
    ({ next }) => next,
  );
  for await (const { command_ids } of internal)
    await pruneCommands(site, command_ids, { hold: async () => true, onSlice });
  const untilNone = (count: (tx: Tx) => Promise<Partial<PruneCounts>>) =>
    untilDone(onSlice, () =>
      inSlice(site, async (tx) => {
        const counts = await count(tx);
        return { counts, done: Object.values(counts).every((rows) => rows === 0) };
      }),
    );
  await untilDone(onSlice, () =>
    inSlice(site, async (tx) => ({ counts: {}, done: (await records.deleteJobFailures(tx, cutoff)) === 0 })),
  );
  await untilNone(async (tx) => ({ jobs: await records.deleteJobs(tx, cutoff) }));
  await untilNone(async (tx) => ({ idempotency_keys: await deleteIdempotencyKeys(tx, prune.SLICE_ROWS) }));
  await untilNone(async (tx) => ({ workers: await records.deleteWorkers(tx, cutoff) }));
}

/**
 * The items that a prune would examine, from batch rows and indexes. Some of them may turn out to be open or locked.
 */
export async function countPrunable(site: PruneSite, request: PruneRequest): Promise<Prunable> {
  const cutoff = await prune.readCutoff(site.pool, request.older_than_ms);
  const found: Prunable = { cutoff, batches: 0, in_batches: 0, unknown_count: 0, commands: 0, ...NO_RECORDS };
  if (request.batches) {
    for await (const batch of prunableBatches(site, request, cutoff)) {
      if (!isKnown(batch, request)) found.unknown_count++;
      else {
        found.batches++;
        found.in_batches += batch.total_count;
      }
    }
  }
  const statuses = (request.endings ?? ENDINGS_KNOWN).map((ending) => ENDINGS[ending].command);
  if (request.commands) found.commands = await prune.countStandalone(site.pool, statuses, cutoff);
  const counted =
    request.records || request.replies ? await records.countRecords(site.pool, cutoff, request.replies) : NO_RECORDS;
  return { ...found, ...(request.records ? counted : { ...NO_RECORDS, replies: counted.replies }) };
}

const NO_RECORDS: records.RecordCounts = { jobs: 0, idempotency_keys: 0, workers: 0, replies: 0 };

export interface Prunable extends records.RecordCounts {
  cutoff: Date;
  batches: number;
  /** Processes and commands of these batches. */
  in_batches: number;
  unknown_count: number;
  /** Without a batch. */
  commands: number;
}

async function pruneReplies({ site, pruned, onSlice }: Work): Promise<void> {
  const slices = pages(
    (after_id: string | null) => records.readReplySlice(site.pool, pruned.cutoff, after_id),
    ({ next_id }) => next_id,
  );
  for await (const slice of slices) {
    for (const [lane, group] of byLane(slice.replies, (reply) => reply.lane)) {
      const ids = group.map(({ reply_id }) => reply_id);
      const { counts } = await inSlice(site, async (tx) => ({
        counts: { replies: await records.deleteReplies(tx, lane, ids) },
        done: true,
      }));
      await onSlice(counts);
    }
  }
}
