// The detail of a batch: its row, and the funnel and throughput of its attempts, throttled and shared by all who look.
// Promises that what is shown of a batch that ended or rests includes every attempt that came before.

import { TURBULENCE_KINDS } from '../chaos/experiment.ts';
import { listTurbulence } from '../chaos/queries/turbulence.ts';
import type { Pool } from '../db/pool.ts';
import { readLaunchError } from '../db/queries/batches.ts';
import { type AttemptTally, type BatchRecord, findBatch, tallyAttempts } from '../db/queries/read-batches.ts';
import type { Env } from '../model/env.ts';
import { NotFoundError } from '../model/errors.ts';
import { stepKey } from '../model/process.ts';
import { createThrottledMap } from '../model/throttled.ts';
import type { ProcessRegistry } from '../process/define.ts';
import { countAttempts, emptyCounts } from '../verification/index.ts';
import { addSample, etaOf, type RateSample, rateOf } from './batch-rate.ts';
import type { Batch, BatchDetail, StepFunnel } from './contract.ts';
import { toWire } from './wire.ts';

const SLICES = 60;
const MIN_SLICE_MS = 1_000;
/** The finisher's clock stands still while it counts, so attempts may end a moment after `completed_at`. */
const MARGIN_MS = 10_000;
const MAX_TURBULENCE = 500;

interface Activity {
  /** The look at the row that this was computed after. */
  as_of: Date;
  steps: StepFunnel[];
  throughput: BatchDetail['throughput'];
  slice_ms: number;
  turbulence: BatchDetail['turbulence'];
}

export interface BatchDetails {
  /** @throws NotFoundError */
  read(batch_id: string): Promise<BatchDetail>;
}

export function createBatchDetails(pool: Pool, env: Env, processes: ProcessRegistry): BatchDetails {
  const samples = new Map<string, RateSample[]>();
  const activities = createThrottledMap(env, async (batch_id) => {
    const batch = await mustFind(pool, batch_id);
    return computeActivity(pool, batch, stepKeys(processes, batch));
  });

  const sample = (batch: BatchRecord): RateSample[] => {
    if (batch.completed_at !== null) {
      samples.delete(batch.batch_id);
      return [];
    }
    const seen = addSample(samples.get(batch.batch_id) ?? [], batch);
    samples.set(batch.batch_id, seen);
    return seen;
  };

  return {
    async read(batch_id) {
      const batch = await mustFind(pool, batch_id);
      const settled_at = batch.completed_at ?? batch.rested_at;
      const activity = await activities
        .of(batch.batch_id)
        .read(({ as_of }) => settled_at === null || as_of >= settled_at);
      const rate_per_second = rateOf(sample(batch), batch);
      const { steps, throughput, slice_ms, turbulence } = activity;
      return {
        ...showBatch(batch),
        launch_error: batch.status === 'CREATING' ? await readLaunchError(pool, batch_id) : null,
        steps,
        throughput,
        slice_ms,
        turbulence,
        rate_per_second,
        eta_ms: etaOf(rate_per_second, batch),
      };
    },
  };
}

/** A batch as lists show it. */
export function showBatch({ process_version, counted_at, read_at, ...batch }: BatchRecord): Batch {
  return toWire(batch);
}

async function mustFind(pool: Pool, batch_id: string): Promise<BatchRecord> {
  const batch = await findBatch(pool, batch_id);
  if (batch === null) throw new NotFoundError('batch', batch_id);
  return batch;
}

function stepKeys(processes: ProcessRegistry, batch: BatchRecord): string[] {
  const definition = processes.find(batch.process_type ?? '', batch.process_version ?? 0);
  return definition?.steps.map((step) => step.key) ?? [];
}

async function computeActivity(pool: Pool, batch: BatchRecord, keys: readonly string[]): Promise<Activity> {
  const from = batch.created_at;
  const until = batch.completed_at ?? batch.rested_at ?? batch.read_at;
  const slice_ms = sliceOf(until.getTime() - from.getTime());
  const to = new Date((batch.completed_at ?? batch.read_at).getTime() + MARGIN_MS);
  const tallies = await tallyAttempts(pool, batch.batch_id, { from, to, slice_ms });
  const turbulence = batch.experiment?.turbulence
    ? await listTurbulence(pool, batch.batch_id, TURBULENCE_KINDS, MAX_TURBULENCE)
    : [];
  return {
    as_of: batch.read_at,
    steps: funnelOf(tallies, keys),
    throughput: throughputOf(tallies, from, slice_ms),
    slice_ms,
    turbulence: turbulence.map(toWire),
  };
}

/** So long that 60 of them span the batch, in whole seconds. */
function sliceOf(span_ms: number): number {
  return Math.max(MIN_SLICE_MS, Math.ceil(span_ms / SLICES / 1_000) * 1_000);
}

/** In the definition's order, visits of a step together; steps that were not reached yet count zero. */
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

/** Slices without a gap, up to the last in which anything ended. */
function throughputOf(tallies: readonly AttemptTally[], from: Date, slice_ms: number): BatchDetail['throughput'] {
  const last = tallies.reduce((highest, { slice }) => Math.max(highest, slice), -1);
  const slices = Array.from({ length: last + 1 }, (_, index) => ({
    at: new Date(from.getTime() + index * slice_ms).toISOString(),
    success: 0,
    failed: 0,
    injected: 0,
  }));
  for (const { slice, outcome, fault, count } of tallies) {
    const entry = slices[slice];
    if (entry === undefined) continue;
    // Work that was done is a success also under a fault, such as a delivery that came twice.
    if (outcome === 'success') entry.success += count;
    else if (fault !== null) entry.injected += count;
    else if (outcome !== 'released') entry.failed += count;
  }
  return slices;
}
