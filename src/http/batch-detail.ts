// The detail of a batch: its row, and the funnel and throughput of its attempts, throttled and shared by all readers.
// If the batch has ended or is at rest, its detail includes every attempt.

import { TURBULENCE_KINDS } from '../chaos/experiment.ts';
import { listTurbulence } from '../chaos/queries/turbulence.ts';
import type { Pool } from '../db/pool.ts';
import { readLaunchError } from '../db/queries/batches.ts';
import { type AttemptTally, type BatchRecord, findBatch, tallyAttempts } from '../db/queries/read-batches.ts';
import type { Env } from '../model/env.ts';
import { orNotFound } from '../model/errors.ts';
import { stepKey } from '../model/process.ts';
import { createThrottledMap } from '../model/throttled.ts';
import type { ProcessRegistry } from '../process/define.ts';
import { countAttempts, emptyCounts } from '../verification/index.ts';
import { addSample, etaOf, type RateSample, rateOf } from './batch-rate.ts';
import type { Batch, BatchDetail, StepFunnel } from './contract.ts';
import { toWire } from './wire.ts';

const SLICES = 60;
const MIN_SLICE_MS = 1_000;
/** The finisher takes the time before it counts, so attempts may end a moment after `completed_at`. */
const MARGIN_MS = 10_000;
const MAX_TURBULENCE = 500;

export class BatchDetails {
  readonly #pool: Pool;
  readonly #processes: ProcessRegistry;
  readonly #samples = new Map<string, RateSample[]>();
  readonly #activities;

  constructor(pool: Pool, env: Env, processes: ProcessRegistry) {
    this.#pool = pool;
    this.#processes = processes;
    this.#activities = createThrottledMap(env, async (batch_id) => this.#computeActivity(await this.#find(batch_id)));
  }

  /** @throws NotFoundError */
  async read(batch_id: string): Promise<BatchDetail> {
    const batch = await this.#find(batch_id);
    const settled_at = batch.completed_at ?? batch.rested_at;
    const { as_of: _, ...activity } = await this.#activities
      .of(batch.batch_id)
      .read(({ as_of }) => settled_at === null || as_of >= settled_at);
    const rate_per_second = rateOf(this.#sample(batch), batch);
    return {
      ...showBatch(batch),
      ...activity,
      launch_error: batch.status === 'CREATING' ? await readLaunchError(this.#pool, batch_id) : null,
      rate_per_second,
      eta_ms: etaOf(rate_per_second, batch),
    };
  }

  async #find(batch_id: string): Promise<BatchRecord> {
    return orNotFound(await findBatch(this.#pool, batch_id), 'batch', batch_id);
  }

  #sample(batch: BatchRecord): RateSample[] {
    const samples = batch.completed_at === null ? addSample(this.#samples.get(batch.batch_id) ?? [], batch) : [];
    if (samples.length > 0) this.#samples.set(batch.batch_id, samples);
    else this.#samples.delete(batch.batch_id);
    return samples;
  }

  async #computeActivity(batch: BatchRecord) {
    const from = batch.created_at;
    const until = batch.completed_at ?? batch.rested_at ?? batch.read_at;
    // In whole seconds, so that 60 slices span the batch.
    const slice_s = Math.ceil((until.getTime() - from.getTime()) / SLICES / 1_000);
    const slice_ms = Math.max(MIN_SLICE_MS, slice_s * 1_000);
    const to = new Date((batch.completed_at ?? batch.read_at).getTime() + MARGIN_MS);
    const tallies = await tallyAttempts(this.#pool, batch.batch_id, { from, to, slice_ms });
    const turbulence = batch.experiment?.turbulence
      ? await listTurbulence(this.#pool, batch.batch_id, TURBULENCE_KINDS, MAX_TURBULENCE)
      : [];
    const definition = this.#processes.find(batch.process_type ?? '', batch.process_version ?? 0);
    return {
      /** When the row was read that this was computed after. */
      as_of: batch.read_at,
      steps: funnelOf(tallies, definition?.steps.map(({ key }) => key) ?? []),
      throughput: throughputOf(tallies, from, slice_ms),
      slice_ms,
      turbulence: turbulence.map(toWire),
    };
  }
}

/** A batch as lists show it. */
export function showBatch({ process_version, counted_at, read_at, ...batch }: BatchRecord): Batch {
  return toWire(batch);
}

/** By step in the order of the definition, all visits of a step together; a step without attempts has zeros. */
function funnelOf(tallies: readonly AttemptTally[], keys: readonly string[]): StepFunnel[] {
  const funnels = new Map(keys.map((key) => [key, emptyCounts()]));
  for (const tally of tallies) {
    if (tally.purpose !== 'step') continue;
    const key = stepKey(tally.step);
    const counts = funnels.get(key) ?? emptyCounts();
    funnels.set(key, counts);
    countAttempts(counts, tally, tally.count);
  }
  return [...funnels].map(([step, counts]) => ({ step, ...counts }));
}

/** Slices without a gap, up to the last in which an attempt ended. */
function throughputOf(tallies: readonly AttemptTally[], from: Date, slice_ms: number): BatchDetail['throughput'] {
  const length = tallies.reduce((longest, { slice }) => Math.max(longest, slice + 1), 0);
  const slices = Array.from({ length }, (_, index) => ({
    at: new Date(from.getTime() + index * slice_ms).toISOString(),
    success: 0,
    failed: 0,
    injected: 0,
  }));
  for (const { slice, outcome, fault, count } of tallies) {
    const entry = slices[slice];
    if (entry === undefined) continue;
    if (outcome === 'success') entry.success += count;
    else if (fault !== null) entry.injected += count;
    else if (outcome !== 'released') entry.failed += count;
  }
  return slices;
}
