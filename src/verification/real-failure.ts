// Which attempts failed of themselves: one rule, for the verdict's `no_real_failures` and for the count of them in a report. Pure.
// Nobody asked for it, and nothing disturbed it. A business rule of the handler's own is an answer, and no failure.

import { FAULTS } from '../chaos/faults/index.ts';

export interface Attempted {
  outcome: string;
  /** The injected fault it is marked with. */
  fault: string | null;
  reason: string | null;
  error_code: string | null;
}

export interface Span {
  from_ms: number;
  to_ms: number;
}

/** How long after a turbulence a failure is still put down to it: a server takes seconds to recover. */
const AFTERMATH_MS = 10_000;

/** Terminated by no fault of chaos: given back, cut off, or a lease that ran out by itself. */
export function isInterruption({ outcome, fault }: Pick<Attempted, 'outcome' | 'fault'>): boolean {
  return outcome === 'released' || outcome === 'canceled' || (outcome === 'lease_expired' && fault === null);
}

/** Where nothing disturbed it. */
export function isRealFailure(attempt: Attempted): boolean {
  const { outcome, fault, reason, error_code } = attempt;
  if (isInterruption(attempt)) return error_code === 'NO_HANDLER';
  // What follows from a fault, or what was worked under it, could not be stored.
  if (fault !== null)
    return (
      reason === 'RESULT_NOT_STORABLE' &&
      FAULTS.every(({ name, results_in }) => name !== fault || results_in !== outcome)
    );
  return outcome === 'transient' || outcome === 'permanent';
}

/** Disturbances with what they leave behind: whatever failed within one of these did not fail of itself. */
export function withAftermath(disturbances: readonly Span[]): Span[] {
  return disturbances.map(({ from_ms, to_ms }) => ({ from_ms, to_ms: to_ms + AFTERMATH_MS }));
}
