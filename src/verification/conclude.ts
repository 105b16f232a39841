// What only all findings together can tell: faults that never fired, the prediction, and which checks could not be made.

import type { CheckBook } from './checks.ts';
import { differences, emptyTally } from './predict/tally.ts';
import { compareEach } from './queries/verified-commands.ts';
import type { VerifiedBatch } from './queries/verify.ts';
import type { Findings, VerifiedProcesses } from './verifier.ts';

/** What the verdict is given on. */
export interface Judged {
  batch: VerifiedBatch;
  processes: VerifiedProcesses | null;
  findings: Findings;
}

/** Writes in the book what follows from all findings; those of the verifies are in it already. */
export function conclude(book: CheckBook, verified: Judged): void {
  tellFaults(book, verified);
  comparePrediction(book, verified);
  tellSkipped(book, verified);
}

/** A fault that the rolls asked for and that never fired, or less often: told by the step. */
function tellFaults(book: CheckBook, { batch, findings }: Judged): void {
  const told: string[] = [];
  for (const [step, { asked, fired }] of findings.observed.steps) {
    for (const [fault, count] of asked) {
      book.looked('faults_fired', count);
      const did = fired.get(fault) ?? 0;
      told.push(`${step} ${fault} ${did} of ${count}`);
      if (did < count)
        book.report('faults_fired', batch.batch_id, `${step}: ${fault} was asked ${count} times and fired ${did}`);
    }
  }
  if (told.length === 0) book.skip('faults_fired', 'No fault was asked for by any roll.');
  else book.note('faults_fired', told.join(', '));
}

/** Only where nothing came in between; else the replay alone says whether all was as it had to be. */
function comparePrediction(book: CheckBook, verified: Judged): void {
  const { batch, findings } = verified;
  const { predicted, observed } = findings;
  const reasons = incomparable(verified);
  if (reasons.length > 0 || predicted === null) {
    book.skip('as_predicted', `Replayed instead: ${reasons.join(', ')}.`);
    return;
  }
  book.looked('as_predicted', batch.total_count);
  const report = (detail: string) => book.report('as_predicted', batch.batch_id, detail);
  for (const [step, tally] of Object.entries(predicted.steps))
    for (const difference of differences(step, observed.steps.get(step)?.tally ?? emptyTally(), tally))
      report(difference);
  for (const end of ['completed', 'failed', 'compensated', 'in_troubleshooting'] as const)
    if (observed.ends[end] !== predicted.expected[end])
      report(`${end}: ${observed.ends[end]} instead of ${predicted.expected[end]}`);
}

function incomparable({ batch, processes, findings }: Judged): string[] {
  const { interrupted, disturbed, operated, suppressed, answered, ends } = findings.observed;
  const counted: [number, string][] = [
    [interrupted, 'attempts were interrupted'],
    [disturbed, 'attempts failed under turbulence or without the database'],
    [operated, 'commands were operated, cancelled or cut by a deadline'],
    [suppressed, 'attempts were left alone because injection was stopped'],
    [findings.changes, 'times the behavior was changed'],
    [answered, 'attempts met a business rule of the handler'],
    [ends.canceled, 'processes were cancelled'],
    [ends.open, 'processes are still under way'],
    [findings.mended, 'processes were mended by an operator'],
    [batch.total_count - batch.created_count, 'processes were not created'],
  ];
  const reasons = counted.filter(([count]) => count > 0).map(([count, words]) => `${count} ${words}`);
  const uncertain = processes?.outline.uncertain ?? null;
  if (processes === null) reasons.push('the process type is not registered here');
  if (uncertain !== null) reasons.push(uncertain);
  return reasons;
}

function tellSkipped(book: CheckBook, { batch, processes, findings }: Judged): void {
  const replayed = ['steps_complete', 'state', 'ends_as_replayed', 'compensations'] as const;
  if (processes === null)
    for (const check of replayed) book.skip(check, 'The process type and version are not registered here.');
  if (processes?.stored === undefined || processes.documents === undefined)
    book.skip('artifacts', 'The application does not tell what lies in its storage.');
  for (const check of ['steps_complete', 'state'] as const) book.looked(check, batch.created_count);
  const each = compareEach(batch);
  if (each > 1)
    for (const check of ['steps_complete', 'compensations'] as const)
      book.note(check, `Payloads were compared of one process in ${each}.`);
  if (findings.mended > 0)
    book.note(
      'ends_as_replayed',
      `${findings.mended} processes were mended by an operator after their own code had thrown; they are not replayed further.`,
    );
}
