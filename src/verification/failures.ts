// Defines interrupted attempts and real failures (without an injected fault), for verdict and report. Pure.
// A business rule error of the handler is a valid answer, not a failure.

import { FAULTS } from '../chaos/faults/index.ts';

export interface EndedAttempt {
  outcome: string;
  /** The injected fault that it is marked with. */
  fault: string | null;
  reason: string | null;
  error_code: string | null;
}

export interface Span {
  from_ms: number;
  to_ms: number;
}

/** How long after turbulence a failure is attributed to it: a server takes seconds to recover. */
const AFTERMATH_MS = 10_000;

/** Released, terminated, or a lease lost without an injected fault. */
export function isInterruption({ outcome, fault }: Pick<EndedAttempt, 'outcome' | 'fault'>): boolean {
  return outcome === 'released' || outcome === 'canceled' || (outcome === 'lease_expired' && fault === null);
}

/** Assumes that the attempt ran outside of turbulence. */
export function isRealFailure(attempt: EndedAttempt): boolean {
  const { outcome, fault, reason, error_code } = attempt;
  if (isInterruption(attempt)) return error_code === 'NO_HANDLER';
  // A result that could not be stored hides the outcome of the injected fault.
  if (fault !== null)
    return (
      reason === 'RESULT_NOT_STORABLE' &&
      FAULTS.every(({ name, results_in }) => name !== fault || results_in !== outcome)
    );
  return outcome === 'transient' || outcome === 'permanent';
}

/** Turbulence with its aftermath: failures within these spans are not real ones. */
export function withAftermath(turbulence: readonly Span[]): Span[] {
  return turbulence.map(({ from_ms, to_ms }) => ({ from_ms, to_ms: to_ms + AFTERMATH_MS }));
}
