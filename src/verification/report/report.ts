// The report of a batch: configuration, prediction, injected faults, observations, check results, and recovery times.
// Observations are read in one snapshot; the verdict is the one of the batch at rest, or says that it is not at rest.

import { type BehaviorVersionRow, readBehaviorVersions } from '../../chaos/queries/lab-control.ts';
import type { Pool, Tx } from '../../db/pool.ts';
import { type AttemptTally, type BatchRecord, findBatch, tallyAttempts } from '../../db/queries/read-batches.ts';
import { withSnapshot } from '../../db/queries/read-snapshot.ts';
import type { Env } from '../../model/env.ts';
import { NotFoundError } from '../../model/errors.ts';
import { isBatchAtRest, PROCESS_STATUSES, stepKey } from '../../model/process.ts';
import type { ProcessRegistry } from '../../process/define.ts';
import type { Analysis } from '../analysis.ts';
import { countAttempts, emptyCounts } from '../attempt-counts.ts';
import { isInterruption, isRealFailure, withAftermath } from '../failures.ts';
import { readTurbulenceSpans } from '../queries/recorded.ts';
import {
  countByStatus,
  countOperatorVerbs,
  type ReportSpan,
  readRecoveries,
  readStepLatencies,
  readStops,
  tallyFailures,
} from '../queries/reports.ts';
import type { Preview, Report } from '../schemas.ts';
import type { Verdicts } from '../verdicts.ts';

/** The finisher's clock stands still while it counts, so attempts may end a moment after `completed_at`. */
const MARGIN_MS = 10_000;
/** All attempts in one slice: the counts of a report are not by time. */
const ONE_SLICE_MS = 2_147_483_647;

export interface ReportSources {
  pool: Pool;
  processes: ProcessRegistry;
  analysis: Analysis;
  verdicts: Pick<Verdicts, 'read'>;
  env: Env;
}

/** @throws NotFoundError */
export async function readReport(sources: ReportSources, batch_id: string): Promise<Report> {
  const before = await sources.verdicts.read(batch_id);
  const observed = await withSnapshot(sources.pool, (tx) => observe(tx, batch_id));
  const { batch, tallies } = observed;
  // The batch may have come to rest, or have been reopened, between the two.
  const agrees = isBatchAtRest(batch.status) === (before.verdict !== 'running');
  const { verdict, checks } = agrees ? before : await sources.verdicts.read(batch_id);
  const predicted = await predictBatch(sources, batch);
  const ended_at = batch.completed_at ?? batch.rested_at;
  const { experiment, created_at, started_at } = batch;
  return {
    batch_id,
    name: batch.name,
    hypothesis: typeof experiment?.hypothesis === 'string' ? experiment.hypothesis : null,
    verdict,
    status: batch.status,
    generated_at: batch.read_at.toISOString(),
    settings: settingsOf(batch, observed.versions),
    created_at: created_at.toISOString(),
    started_at: started_at?.toISOString() ?? null,
    ended_at: ended_at?.toISOString() ?? null,
    duration_ms: ended_at === null ? null : ended_at.getTime() - created_at.getTime(),
    processes: observed.statuses,
    predicted,
    predicted_note: predictedNote(predicted, observed),
    steps: stepKeys(sources.processes, batch, tallies).map((key) => stepReport(key, observed, predicted)),
    compensations: sumOf(tallies, ({ purpose, outcome }) => purpose === 'compensation' && outcome === 'success'),
    operator_verbs: observed.operator_verbs,
    turbulence: observed.recoveries.map((turbulence) => ({ ...turbulence, at: turbulence.at.toISOString() })),
    stops: observed.stops.map((stop) => ({ ...stop, at: stop.at.toISOString() })),
    checks,
  };
}

type Observed = Awaited<ReturnType<typeof observe>>;

async function observe(tx: Tx, batch_id: string) {
  const batch = await findBatch(tx, batch_id);
  if (batch === null) throw new NotFoundError('batch', batch_id);
  const to = new Date((batch.completed_at ?? batch.read_at).getTime() + MARGIN_MS);
  const span: ReportSpan = { from: batch.created_at, to };
  const counts = new Map((await countByStatus(tx, batch_id)).map(({ status, count }) => [status, count]));
  const turbulence = withAftermath(await readTurbulenceSpans(tx, batch_id));
  return {
    batch,
    statuses: Object.fromEntries(
      PROCESS_STATUSES.map((status) => [status, counts.get(status) ?? 0]),
    ) as Report['processes'],
    versions: await readBehaviorVersions(tx, batch_id),
    tallies: await tallyAttempts(tx, batch_id, { ...span, slice_ms: ONE_SLICE_MS }),
    latencies: await readStepLatencies(tx, batch_id, span),
    failures: (await tallyFailures(tx, batch_id, span, turbulence)).filter(isRealFailure),
    recoveries: await readRecoveries(tx, batch_id, span),
    stops: await readStops(tx, batch_id, span),
    operator_verbs: await countOperatorVerbs(tx, batch_id),
  };
}

/** The prediction of its launch; null where its process type is not registered here. */
async function predictBatch({ processes, analysis, env }: ReportSources, batch: BatchRecord): Promise<Preview | null> {
  const { process_type, process_version, input, seed, total_count, first_ordinal, behavior, experiment, retry } = batch;
  if (process_type === null || process_version === null) return null;
  if (processes.find(process_type, process_version) === undefined) return null;
  const began_ms = env.monotonicMs();
  const scope_pct = typeof experiment?.scope_pct === 'number' ? experiment.scope_pct : null;
  const { max_attempts } = retry;
  const launch = { seed, count: total_count, first_ordinal, behavior, scope_pct, max_attempts };
  const predicted = await analysis.predict({ process_type, process_version, input, launch });
  return { seed, ...predicted, duration_ms: env.monotonicMs() - began_ms };
}

function settingsOf(batch: BatchRecord, versions: readonly BehaviorVersionRow[]): Report['settings'] {
  const { process_type, total_count, seed, input, behavior, retry, lease_ms, experiment } = batch;
  const behavior_versions = versions.map((version) => ({ ...version, at: version.at.toISOString() }));
  return { process_type, total_count, seed, input, behavior, behavior_versions, retry, lease_ms, experiment };
}

/** The steps of the definition in its order, then others that were attempted. */
function stepKeys(processes: ProcessRegistry, batch: BatchRecord, tallies: readonly AttemptTally[]): string[] {
  const definition = processes.find(batch.process_type ?? '', batch.process_version ?? 0);
  const attempted = tallies.filter(({ purpose }) => purpose === 'step').map(({ step }) => stepKey(step));
  return [...new Set([...(definition?.steps.map(({ key }) => key) ?? []), ...attempted])];
}

function stepReport(step: string, { tallies, failures, latencies }: Observed, predicted: Preview | null) {
  const observed = emptyCounts();
  for (const tally of tallies)
    if (tally.purpose === 'step' && stepKey(tally.step) === step) countAttempts(observed, tally, tally.count);
  const { p50 = null, p95 = null, p99 = null, max = null } = latencies.find((found) => found.step === step) ?? {};
  return {
    step,
    observed,
    predicted: predicted?.steps[step] ?? null,
    real_failures: sumOf(failures, (failure) => failure.step === step),
    latency_ms: { p50, p95, p99, max },
  };
}

function sumOf<T extends { count: number }>(tallies: readonly T[], matches: (tally: T) => boolean): number {
  return tallies.reduce((sum, tally) => (matches(tally) ? sum + tally.count : sum), 0);
}

/** Whether a stop kept anything from being injected: nothing was left to inject once the batch was at rest. */
function heldBack({ type, at }: Observed['stops'][number], { completed_at, rested_at }: BatchRecord): boolean {
  const rested = completed_at ?? rested_at;
  return type !== 'STOP_CONDITION_MET' && (rested === null || at <= rested);
}

/** Why there is no prediction, or why it need not match what was observed; null where it must. */
function predictedNote(predicted: Preview | null, observed: Observed): string | null {
  const { batch, versions, stops, tallies, operator_verbs } = observed;
  if (predicted === null) return 'The process type of the batch is not registered in this service.';
  const reasons = [
    predicted.note,
    versions.length > 0 ? 'The behavior was changed under way; the prediction is that of the launch.' : null,
    stops.some((stop) => heldBack(stop, batch)) ? 'Injection was stopped for a time, or for good.' : null,
    batch.cancel_requested_at !== null || batch.status === 'CANCELED' ? 'The batch was cancelled.' : null,
    batch.completed_at === null && batch.rested_at === null ? 'The batch is not at rest yet.' : null,
    tallies.some(isInterruption) ? 'Attempts were interrupted by no fault of chaos.' : null,
    operator_verbs > 0 ? 'Operators acted.' : null,
  ].filter((reason) => reason !== null);
  return reasons.length === 0 ? null : reasons.join(' ');
}
