// What was observed of a batch while it was replayed: attempts by step, endings, and whatever makes a prediction incomparable.
// Steps are counted by key, visits together, as the prediction counts them. Plain data: it may come from another thread.

import { stepKey } from '../model/process.ts';
import { addAttempt, addTally, emptyTally, type StepTally, type TalliedOutcome } from './predict/tally.ts';
import type { ReplayedCommand } from './replay-command.ts';

export interface StepObservation {
  tally: StepTally;
  /** By fault: how often the rolls asked, where nothing came in between, and how often it fired. */
  asked: Map<string, number>;
  fired: Map<string, number>;
}

export interface Observed {
  steps: Map<string, StepObservation>;
  ends: {
    completed: number;
    failed: number;
    compensated: number;
    canceled: number;
    in_troubleshooting: number;
    open: number;
  };
  interrupted: number;
  operated: number;
  suppressed: number;
  answered: number;
  disturbed: number;
}

const TALLIED = new Set<string>(['success', 'permanent', 'transient', 'business_rule', 'lease_expired']);

export function emptyObserved(): Observed {
  return {
    steps: new Map(),
    ends: { completed: 0, failed: 0, compensated: 0, canceled: 0, in_troubleshooting: 0, open: 0 },
    ...{ interrupted: 0, operated: 0, suppressed: 0, answered: 0, disturbed: 0 },
  };
}

export function observeStep(observed: Observed, step: string, replayed: ReplayedCommand): void {
  const observation = observationOf(observed, stepKey(step));
  if (replayed.operated) observed.operated++;
  for (const { record, verdict, rolled, suppressed } of replayed.attempts) {
    const { outcome, fault } = record;
    if (suppressed) observed.suppressed++;
    if (verdict === 'interrupted') observed.interrupted++;
    else if (TALLIED.has(outcome)) addAttempt(observation.tally, outcome as TalliedOutcome, fault);
    if (verdict === 'answered') observed.answered++;
    if (verdict === 'disturbed') observed.disturbed++;
    if (rolled !== null && (verdict === 'as_rolled' || verdict === 'wrong')) count(observation.asked, rolled, 1);
    if (fault !== null) count(observation.fired, fault, 1);
  }
}

export function observeEnd({ ends }: Observed, status: string): void {
  ends[END_OF_STATUS[status] ?? 'open']++;
}

/** Adds what was observed of other processes of the batch. */
export function addObserved(observed: Observed, other: Observed): void {
  for (const [step, { tally, asked, fired }] of other.steps) {
    const observation = observationOf(observed, step);
    addTally(observation.tally, tally);
    for (const [fault, times] of asked) count(observation.asked, fault, times);
    for (const [fault, times] of fired) count(observation.fired, fault, times);
  }
  for (const end of Object.keys(observed.ends) as (keyof Observed['ends'])[]) observed.ends[end] += other.ends[end];
  for (const what of ['interrupted', 'operated', 'suppressed', 'answered', 'disturbed'] as const)
    observed[what] += other[what];
}

function observationOf({ steps }: Observed, key: string): StepObservation {
  const known = steps.get(key);
  if (known !== undefined) return known;
  const observation = { tally: emptyTally(), asked: new Map(), fired: new Map() };
  steps.set(key, observation);
  return observation;
}

const END_OF_STATUS: Record<string, keyof Observed['ends']> = {
  COMPLETED: 'completed',
  FAILED: 'failed',
  COMPENSATED: 'compensated',
  CANCELED: 'canceled',
  WAITING_FOR_TSQ: 'in_troubleshooting',
};

function count(counts: Map<string, number>, name: string, times: number): void {
  counts.set(name, (counts.get(name) ?? 0) + times);
}
