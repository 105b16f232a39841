// How commands are tried, as a form holds it: attempts, delays between them, and the lease of each. Pure.

import { LIMITS } from '../../../../src/model/limits.ts';
import { writeDuration } from '../format.ts';
import { backoffError, type NumberText, wholeNumberError } from './checks.ts';

export interface PolicyValues {
  max_attempts: NumberText;
  /** "10 s, 1 min, 5 min" */
  backoff: string;
  lease_ms: NumberText;
}

export interface Policy {
  retry: { max_attempts: number; backoff_ms: readonly number[] };
  lease_ms: number;
}

export function policyValues({ retry: { max_attempts, backoff_ms }, lease_ms }: Policy): PolicyValues {
  return { max_attempts, backoff: writeBackoff(backoff_ms), lease_ms };
}

export function writeBackoff(delays: readonly number[]): string {
  return delays.map(writeDuration).join(', ');
}

/** By field, what the server would reject. */
export function validatePolicy(values: PolicyValues): Record<keyof PolicyValues, string | null> {
  return {
    max_attempts: wholeNumberError(values.max_attempts, LIMITS.max_attempts),
    backoff: backoffError(values.backoff),
    lease_ms: wholeNumberError(values.lease_ms, LIMITS.lease_ms),
  };
}
