// What attempts of a step came to, or will: the same count for what is predicted and for what was observed.
// Pure arithmetic; promises that `attempts` is the sum of the outcomes.

import type { OutcomeKind } from '../../model/command.ts';

export interface StepTally {
  attempts: number;
  success: number;
  permanent: number;
  transient: number;
  business_rule: number;
  /** Leases that ran out by an injected fault. */
  timeout: number;
  /** By the name of the fault. */
  injected: Record<string, number>;
}

export function emptyTally(): StepTally {
  return { attempts: 0, success: 0, permanent: 0, transient: 0, business_rule: 0, timeout: 0, injected: {} };
}

const COLUMN = {
  success: 'success',
  permanent: 'permanent',
  transient: 'transient',
  business_rule: 'business_rule',
  lease_expired: 'timeout',
} as const satisfies Partial<Record<OutcomeKind, keyof StepTally>>;
export type TalliedOutcome = keyof typeof COLUMN;

export function addAttempt(tally: StepTally, outcome: TalliedOutcome, fault: string | null): void {
  tally.attempts++;
  tally[COLUMN[outcome]]++;
  if (fault !== null) tally.injected[fault] = (tally.injected[fault] ?? 0) + 1;
}

/** Adds the counts of `other`. */
export function addTally(tally: StepTally, other: StepTally): void {
  for (const column of COLUMNS) tally[column] += other[column];
  for (const [fault, count] of Object.entries(other.injected))
    tally.injected[fault] = (tally.injected[fault] ?? 0) + count;
}

const COLUMNS = ['attempts', 'success', 'permanent', 'transient', 'business_rule', 'timeout'] as const;

/** Where two tallies differ: `render transient: 12 instead of 14`. */
export function differences(step: string, observed: StepTally, expected: StepTally): string[] {
  const found: string[] = [];
  for (const column of COLUMNS)
    if (observed[column] !== expected[column])
      found.push(`${step} ${column}: ${observed[column]} instead of ${expected[column]}`);
  for (const fault of new Set([...Object.keys(observed.injected), ...Object.keys(expected.injected)])) {
    const [was, should] = [observed.injected[fault] ?? 0, expected.injected[fault] ?? 0];
    if (was !== should) found.push(`${step} injected ${fault}: ${was} instead of ${should}`);
  }
  return found;
}
