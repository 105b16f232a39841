// The report of a batch: what was asked for, predicted, injected, observed and checked, and how it recovered.
// Promises that what is observed is of one moment; the verdict is that of the batch at rest, or says that it is not.

import type { Bus } from '../../bus/bus.ts';
import type { Experiment } from '../../chaos/experiment.ts';
import { readBehaviorVersions } from '../../chaos/queries/lab-control.ts';
import type { Pool, Tx } from '../../db/pool.ts';
import { type AttemptTally, type BatchRecord, findBatch, tallyAttempts } from '../../db/queries/read-batches.ts';
import { withSnapshot } from '../../db/queries/read-snapshot.ts';
import type { PredictedStep, Preview, Report } from '../../http/contract.ts';
import { toWire } from '../../http/wire.ts';
import { NotFoundError } from '../../model/errors.ts';
import { isBatchAtRest, PROCESS_STATUSES, stepKey } from '../../model/process.ts';
import type { ProcessRegistry } from '../../process/define.ts';
import type { Laboratory } from '../analysis.ts';
import {
  countByStatus,
  countOperatorVerbs,
  type ReportSpan,
  readStepLatencies,
  readStops,
  readTurbulenceSpans,
  tallyFailures,
} from '../queries/reports.ts';
import { readTurbulenceSpans as readSpans } from '../queries/verify.ts';
import { isInterruption, isRealFailure, withAftermath } from '../real-failure.ts';
import type { Verdicts } from '../verdicts.ts';

/** The finisher's clock stands still while it counts, so attempts may end a moment after `completed_at`. */
const MARGIN_MS = 10_000;
/** One slice holds every attempt: the tally of a report is not by time. */
const ONE_SLICE_MS = 2_147_483_647;

export interface ReportSources {
  pool: Pool;
  processes: ProcessRegistry;
  laboratory: Laboratory;
  verdicts: Verdicts;
  bus: Pick<Bus, 'env' | 'settings'>;
}

/** @throws NotFoundError */
export async function readReport(sources: ReportSources, batch_id: string): Promise<Report> {
  const before = await sources.verdicts.read(batch_id);
  const observed = await withSnapshot(sources.pool, (tx) => observe(tx, batch_id));
  const { batch, versions, tallies } = observed;
  // It may have come to rest, or have been given work again, between the two.
  const agrees = isBatchAtRest(batch.status) === (before.verdict !== 'running');
  const { verdict, checks } = agrees ? before : await sources.verdicts.read(batch_id);
  const predicted = await predictBatch(sources, batch);
  const ended_at = batch.completed_at ?? batch.rested_at;
  const keys = stepKeys(sources.processes, batch, tallies);
  return {
    batch_id,
    name: batch.name,
    hypothesis: hypothesisOf(batch),
    verdict,
    status: batch.status,
    generated_at: batch.read_at.toISOString(),
    settings: settingsOf(batch, versions),
    created_at: batch.created_at.toISOString(),
    started_at: batch.started_at?.toISOString() ?? null,
    ended_at: ended_at?.toISOString() ?? null,
    duration_ms: ended_at === null ? null : ended_at.getTime() - batch.created_at.getTime(),
    processes: processesBy(observed.statuses),
    predicted,
    predicted_note: predictedNote(predicted, observed),
    steps: keys.map((key) => stepReport(key, observed, predicted)),
    compensations: sumOf(tallies, ({ purpose, outcome }) => purpose === 'compensation' && outcome === 'success'),
    operator_verbs: observed.operator_verbs,
    turbulence: observed.disturbances.map(toWire),
    stops: observed.stops.map(toWire),
    checks,
  };
}

type Observed = Awaited<ReturnType<typeof observe>>;

async function observe(tx: Tx, batch_id: string) {
  const batch = await findBatch(tx, batch_id);
  if (batch === null) throw new NotFoundError('batch', batch_id);
  const to = new Date((batch.completed_at ?? batch.read_at).getTime() + MARGIN_MS);
  const span: ReportSpan = { from: batch.created_at, to };
  return {
    batch,
    statuses: await countByStatus(tx, batch_id),
    versions: await readBehaviorVersions(tx, batch_id),
    tallies: await tallyAttempts(tx, batch_id, { ...span, slice_ms: ONE_SLICE_MS }),
    latencies: await readStepLatencies(tx, batch_id, span),
    failures: (await tallyFailures(tx, batch_id, span, withAftermath(await readSpans(tx, batch_id)))).filter(
      isRealFailure,
    ),
    disturbances: await readTurbulenceSpans(tx, batch_id, span),
    stops: await readStops(tx, batch_id, span),
    operator_verbs: await countOperatorVerbs(tx, batch_id),
  };
}

/** What it was to come to when it was launched; null where its process type is not registered here. */
async function predictBatch(
  { processes, laboratory, bus }: ReportSources,
  batch: BatchRecord,
): Promise<Preview | null> {
  const { process_type, process_version, input, seed, total_count, first_ordinal, behavior, experiment, retry } = batch;
  if (processes.find(process_type ?? '', process_version ?? 0) === undefined) return null;
  const began_ms = bus.env.monotonicMs();
  const predicted = await laboratory.predict({
    process_type: process_type as string,
    process_version: process_version as number,
    input,
    launch: {
      seed,
      count: total_count,
      first_ordinal,
      behavior,
      scope_pct: (experiment as Experiment | null)?.scope_pct ?? null,
      max_attempts: retry.max_attempts,
    },
  });
  return { seed, ...predicted, duration_ms: bus.env.monotonicMs() - began_ms };
}

function hypothesisOf({ experiment }: BatchRecord): string | null {
  return typeof experiment?.hypothesis === 'string' ? experiment.hypothesis : null;
}

function settingsOf(batch: BatchRecord, versions: Observed['versions']): Report['settings'] {
  const { process_type, total_count, seed, input, behavior, retry, lease_ms, experiment } = batch;
  return {
    process_type,
    total_count,
    seed,
    input,
    behavior,
    behavior_versions: versions.map(toWire),
    retry,
    lease_ms,
    experiment,
  };
}

function processesBy(statuses: Observed['statuses']): Report['processes'] {
  const counts = new Map(statuses.map(({ status, count }) => [status, count]));
  return Object.fromEntries(PROCESS_STATUSES.map((status) => [status, counts.get(status) ?? 0])) as Report['processes'];
}

/** The steps of the definition in its order, then whatever else was attempted. */
function stepKeys(processes: ProcessRegistry, batch: BatchRecord, tallies: readonly AttemptTally[]): string[] {
  const definition = processes.find(batch.process_type ?? '', batch.process_version ?? 0);
  const attempted = tallies.filter(({ purpose }) => purpose === 'step').map(({ step }) => stepKey(step));
  return [...new Set([...(definition?.steps.map(({ key }) => key) ?? []), ...attempted])];
}

function stepReport(
  step: string,
  { tallies: all, failures, latencies }: Observed,
  predicted: Preview | null,
): Report['steps'][number] {
  const real = failures.filter((failure) => failure.step === step);
  const tallies = all.filter((tally) => tally.purpose === 'step' && stepKey(tally.step) === step);
  const { p50 = null, p95 = null, p99 = null, max = null } = latencies.find((found) => found.step === step) ?? {};
  return {
    step,
    observed: observedStep(tallies),
    predicted: predicted?.steps[step] ?? null,
    interrupted: sumOf(tallies, isInterruption) - sumOf(real, isInterruption),
    real_failures: sumOf(real, () => true),
    latency_ms: { p50, p95, p99, max },
  };
}

function observedStep(tallies: readonly AttemptTally[]): PredictedStep {
  const outcome = (name: string) => sumOf(tallies, (tally) => tally.outcome === name);
  const faults = new Set(tallies.flatMap(({ fault }) => (fault === null ? [] : [fault])));
  return {
    attempts: sumOf(tallies, () => true),
    success: outcome('success'),
    permanent: outcome('permanent'),
    transient: outcome('transient'),
    business_rule: outcome('business_rule'),
    timeout: sumOf(tallies, (tally) => tally.outcome === 'lease_expired' && tally.fault !== null),
    injected: Object.fromEntries(
      [...faults].sort().map((fault) => [fault, sumOf(tallies, (tally) => tally.fault === fault)]),
    ),
  };
}

function sumOf<T extends { count: number }>(tallies: readonly T[], matches: (tally: T) => boolean): number {
  return tallies.reduce((sum, tally) => (matches(tally) ? sum + tally.count : sum), 0);
}

/** Whether something was still to be injected then: a batch at rest had met all it had to. */
function heldBack({ type, at }: Observed['stops'][number], { completed_at, rested_at }: Observed['batch']): boolean {
  const rested = completed_at ?? rested_at;
  return type !== 'STOP_CONDITION_MET' && (rested === null || at <= rested);
}

/** Why what is predicted is missing, or need not be what was observed; null where it has to be. */
function predictedNote(predicted: Preview | null, observed: Observed): string | null {
  const { batch, versions, stops, tallies, operator_verbs } = observed;
  if (predicted === null) return 'The process type of the batch is not registered in this service.';
  const reasons = [
    predicted.note,
    versions.length > 0 ? 'The behavior was changed under way; what is predicted is that of the launch.' : null,
    stops.some((stop) => heldBack(stop, batch)) ? 'Injection was stopped for a time, or for good.' : null,
    batch.cancel_requested_at !== null || batch.status === 'CANCELED' ? 'The batch was cancelled.' : null,
    batch.completed_at === null && batch.rested_at === null ? 'The batch is not at rest yet.' : null,
    tallies.some(isInterruption) ? 'Attempts were interrupted by no fault of chaos.' : null,
    operator_verbs > 0 ? 'Operators acted.' : null,
  ].filter((reason) => reason !== null);
  return reasons.length === 0 ? null : reasons.join(' ');
}
