// The checks that need the whole batch: faults that never fired, the prediction, and the checks that were skipped.

import { differences, emptyCounts } from '../attempt-counts.ts';
import { predict } from '../predict/predict.ts';
import type { RecordedBatch } from '../queries/recorded.ts';
import type { VerifiedProcesses } from '../verified-processes.ts';
import type { CheckResults } from './check-results.ts';
import type { Observations } from './observations.ts';

export interface Verification {
  batch: RecordedBatch;
  processes: VerifiedProcesses | null;
  observations: Observations;
  /** How often the behavior was changed after the launch. */
  changes: number;
}

export async function conclude(results: CheckResults, verification: Verification): Promise<void> {
  checkFaults(results, verification);
  await checkPrediction(results, verification);
  noteSkipped(results, verification);
}

function checkFaults(results: CheckResults, { batch, observations }: Verification): void {
  const notes: string[] = [];
  for (const [step, { asked, counts }] of observations.steps) {
    for (const [fault, count] of asked) {
      const fired = counts.injected[fault] ?? 0;
      results.checked('faults_fired', count);
      notes.push(`${step} ${fault} ${fired} of ${count}`);
      if (fired < count)
        results.report(
          'faults_fired',
          batch.batch_id,
          `${step}: ${fault} was asked for ${count} times, fired ${fired}`,
        );
    }
  }
  if (notes.length === 0) results.skip('faults_fired', 'No roll asked for a fault.');
  else results.note('faults_fired', notes.join(', '));
}

/** Compared only if nothing intervened; otherwise the replay alone decides. */
async function checkPrediction(results: CheckResults, verification: Verification): Promise<void> {
  const { batch, processes, observations } = verification;
  const reasons = incomparable(verification);
  if (reasons.length > 0 || processes === null) {
    results.skip('as_predicted', `Replayed instead: ${reasons.join(', ')}.`);
    return;
  }
  const { expected, steps } = await predict({ ...batch, count: batch.total_count }, processes.plan);
  results.checked('as_predicted', batch.total_count);
  const report = (detail: string) => results.report('as_predicted', batch.batch_id, detail);
  for (const [step, counts] of Object.entries(steps))
    for (const difference of differences(step, observations.steps.get(step)?.counts ?? emptyCounts(), counts))
      report(difference);
  for (const end of ['completed', 'failed', 'compensated', 'in_troubleshooting'] as const)
    if (observations.ends[end] !== expected[end])
      report(`${end}: ${observations.ends[end]} instead of ${expected[end]}`);
}

function incomparable({ batch, processes, observations, changes }: Verification): string[] {
  const { attempts, operated, fixed, ends } = observations;
  const counted: [number, string][] = [
    [attempts.interrupted, 'attempts were interrupted'],
    [attempts.under_turbulence, 'attempts failed under turbulence or without the database'],
    [operated, 'commands were operated, cancelled or terminated by a deadline'],
    [attempts.suppressed, 'attempts were spared because injection was stopped'],
    [changes, 'times the behavior was changed'],
    [attempts.answered, 'attempts met a business rule of the handler'],
    [ends.canceled, 'processes were cancelled'],
    [ends.open, 'processes are still under way'],
    [fixed, 'processes were fixed by an operator'],
    [batch.total_count - batch.created_count, 'processes were not created'],
  ];
  const reasons = counted.filter(([count]) => count > 0).map(([count, words]) => `${count} ${words}`);
  if (processes === null) reasons.push('the process type is not registered here');
  else if (processes.plan.uncertain !== null) reasons.push(processes.plan.uncertain);
  return reasons;
}

function noteSkipped(results: CheckResults, { batch, processes, observations }: Verification): void {
  if (processes === null)
    for (const check of ['steps_complete', 'state', 'ends_as_replayed', 'compensations'] as const)
      results.skip(check, 'The process type and version are not registered here.');
  if (processes?.stored === undefined || processes.documents === undefined)
    results.skip('artifacts', 'The application does not tell what lies in its storage.');
  for (const check of ['steps_complete', 'state'] as const) results.checked(check, batch.created_count);
  if (observations.fixed > 0)
    results.note(
      'ends_as_replayed',
      `${observations.fixed} processes were fixed by an operator after their own code had thrown; they are not replayed further.`,
    );
}
