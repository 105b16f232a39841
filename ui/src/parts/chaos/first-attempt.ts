// The closed form of what an attempt of a step comes to. Pure.
// Faults are tried in a fixed order and the first hit wins, so each takes its share of what the ones before it left.

import { FAULT_FIELDS, FAULT_LABELS, type FaultField, FIRST_ATTEMPTS } from '../behavior.ts';
import { numberOf, type StepChaos } from './chaos.ts';

/** The chaos that decides what an attempt comes to; a field that is absent is zero. */
export type Chances = Partial<Pick<StepChaos, FaultField | 'fail_first_attempts'>>;

export interface AttemptSplit {
  /** Shares of 100 by fault as records name it (`transient`), in the order in which they are tried. */
  faults: Record<string, number>;
  /** What no fault hits. */
  success: number;
}

/** `attempt` counts from 1: only the first ones may be bound to fail. */
export function splitOf(chaos: Chances, attempt = 1): AttemptSplit {
  const bound = attempt <= (numberOf(chaos.fail_first_attempts ?? 0) ?? 0);
  const faults: Record<string, number> = { [FIRST_ATTEMPTS.fault]: bound ? 100 : 0 };
  let left = bound ? 0 : 1;
  for (const field of FAULT_FIELDS) {
    const chance = Math.min(100, Math.max(0, numberOf(chaos[field] ?? 0) ?? 0)) / 100;
    faults[FAULT_LABELS[field].fault] = left * chance * 100;
    left *= 1 - chance;
  }
  return { faults, success: left * 100 };
}
