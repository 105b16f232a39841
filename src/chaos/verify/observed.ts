// What was observed of a batch while it was replayed: attempts by step, endings, and whatever makes a prediction incomparable.
// Steps are counted by key, visits together, as the prediction counts them.

import { stepKey } from '../../model/process.ts';
import { addAttempt, emptyTally, type StepTally, type TalliedOutcome } from '../predict/tally.ts';
import type { ReplayedCommand } from './replay-command.ts';

export interface StepObservation {
  tally: StepTally;
  /** By fault: how often the rolls asked, where nothing came in between, and how often it fired. */
  asked: Map<string, number>;
  fired: Map<string, number>;
}

const TALLIED = new Set<string>(['success', 'permanent', 'transient', 'business_rule', 'lease_expired']);

export class Observed {
  readonly steps = new Map<string, StepObservation>();
  readonly ends = { completed: 0, failed: 0, compensated: 0, canceled: 0, in_troubleshooting: 0, open: 0 };
  interrupted = 0;
  operated = 0;
  suppressed = 0;
  answered = 0;
  disturbed = 0;

  addStep(step: string, replayed: ReplayedCommand): void {
    const observation = this.#of(stepKey(step));
    if (replayed.operated) this.operated++;
    for (const { outcome, fault, verdict, rolled, suppressed } of replayed.attempts) {
      if (suppressed) this.suppressed++;
      if (verdict === 'interrupted') this.interrupted++;
      else if (TALLIED.has(outcome)) addAttempt(observation.tally, outcome as TalliedOutcome, fault);
      if (verdict === 'answered') this.answered++;
      if (verdict === 'disturbed') this.disturbed++;
      if (rolled !== null && (verdict === 'as_rolled' || verdict === 'wrong')) count(observation.asked, rolled);
      if (fault !== null) count(observation.fired, fault);
    }
  }

  addEnd(status: string): void {
    const end = END_OF_STATUS[status] ?? 'open';
    this.ends[end]++;
  }

  #of(key: string): StepObservation {
    const known = this.steps.get(key) ?? { tally: emptyTally(), asked: new Map(), fired: new Map() };
    this.steps.set(key, known);
    return known;
  }
}

const END_OF_STATUS: Record<string, keyof Observed['ends']> = {
  COMPLETED: 'completed',
  FAILED: 'failed',
  COMPENSATED: 'compensated',
  CANCELED: 'canceled',
  WAITING_FOR_TSQ: 'in_troubleshooting',
};

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
