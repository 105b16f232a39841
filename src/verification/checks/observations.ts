// Observations of a batch during its replay: attempts by step, endings, and events that make a prediction incomparable.

import { stepKey } from '../../model/process.ts';
import { countAttempts, emptyCounts } from '../attempt-counts.ts';
import type { ReplayedCommand } from '../replay/replay-command.ts';
import type { AttemptCounts } from '../schemas.ts';

export interface StepObservation {
  counts: AttemptCounts;
  /** By fault: how often the rolls asked for it where nothing interrupted the attempt. */
  asked: Map<string, number>;
}

const END_OF_STATUS: Record<string, keyof Observations['ends']> = {
  COMPLETED: 'completed',
  FAILED: 'failed',
  COMPENSATED: 'compensated',
  CANCELED: 'canceled',
  WAITING_FOR_TSQ: 'in_troubleshooting',
};

export class Observations {
  /** By step key, over all visits. */
  readonly steps = new Map<string, StepObservation>();
  readonly ends = { completed: 0, failed: 0, compensated: 0, canceled: 0, in_troubleshooting: 0, open: 0 };
  readonly attempts = { interrupted: 0, answered: 0, under_turbulence: 0, suppressed: 0 };
  operated = 0;
  /** Processes that an operator fixed after their own code had thrown; they are not replayed to their end. */
  fixed = 0;

  addEnd(status: string): void {
    this.ends[END_OF_STATUS[status] ?? 'open']++;
  }

  addStep(step: string, { operated, attempts }: ReplayedCommand): void {
    const { counts, asked } = this.#stepOf(stepKey(step));
    if (operated) this.operated++;
    for (const { record, verdict, rolled, suppressed } of attempts) {
      countAttempts(counts, record);
      if (suppressed) this.attempts.suppressed++;
      if (verdict === 'interrupted' || verdict === 'answered' || verdict === 'under_turbulence')
        this.attempts[verdict]++;
      if (rolled !== null && (verdict === 'as_rolled' || verdict === 'wrong'))
        asked.set(rolled, (asked.get(rolled) ?? 0) + 1);
    }
  }

  #stepOf(key: string): StepObservation {
    const known = this.steps.get(key);
    if (known !== undefined) return known;
    const made = { counts: emptyCounts(), asked: new Map() };
    this.steps.set(key, made);
    return made;
  }
}
