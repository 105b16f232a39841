// The closed form of what a step's first attempt comes to. Pure.
// Faults are drawn in a fixed order and the first hit wins, so each takes its share of what the ones before it left.

import { FAULT_FIELDS, type FaultField } from '../behavior.ts';
import { numberOf, type StepChaos } from './chaos.ts';

export interface FirstAttempt {
  /** Shares of 100 by fault, in the order in which they are drawn. */
  faults: Record<FaultField, number>;
  success: number;
}

export function firstAttemptOf(chaos: Pick<StepChaos, FaultField>): FirstAttempt {
  let left = 1;
  const faults = {} as Record<FaultField, number>;
  for (const field of FAULT_FIELDS) {
    const chance = Math.min(100, Math.max(0, numberOf(chaos[field]) ?? 0)) / 100;
    faults[field] = left * chance * 100;
    left *= 1 - chance;
  }
  return { faults, success: left * 100 };
}
