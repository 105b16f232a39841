// How commands are tried, as a form holds it: attempts, the delays between them, and the lease of each. Pure.
// Promises the server's own limits, so that what it would refuse is told at the field.

import { LIMITS, type Range } from '../../../../src/model/limits.ts';
import { type NumberText, numberOf } from '../chaos/chaos.ts';
import { formatCount, parseDuration, writeDuration } from '../format.ts';

export interface PolicyValues {
  max_attempts: NumberText;
  /** "10 s, 1 min, 5 min" */
  backoff: string;
  lease_ms: NumberText;
}

export interface Policy {
  retry: { max_attempts: number; backoff_ms: number[] };
  lease_ms: number;
}

export function policyValues({ retry, lease_ms }: Policy): PolicyValues {
  return {
    max_attempts: retry.max_attempts,
    backoff: retry.backoff_ms.map(writeDuration).join(', '),
    lease_ms,
  };
}

/** By field, what the server would refuse. */
export function validatePolicy(values: PolicyValues): Record<keyof PolicyValues, string | null> {
  return {
    max_attempts: wholeNumberError(values.max_attempts, LIMITS.max_attempts),
    backoff: backoffError(values.backoff),
    lease_ms: wholeNumberError(values.lease_ms, LIMITS.lease_ms),
  };
}

/** "10 s, 1 min" -> [10000, 60000]; null where a part is no duration. */
export function parseBackoff(text: string): number[] | null {
  const parts = text
    .split(/[,;]/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const delays = parts.map(parseDuration);
  return delays.some((delay) => delay === null) ? null : (delays as number[]);
}

export function wholeNumberError(value: NumberText, { min, max }: Range): string | null {
  const number = numberOf(value);
  if (number === null) return 'is needed';
  if (!Number.isInteger(number)) return 'must be a whole number';
  return number < min || number > max ? `must be ${formatCount(min)} to ${formatCount(max)}` : null;
}

export function backoffError(text: string): string | null {
  const delays = parseBackoff(text);
  if (delays === null) return 'must be durations, such as 10 s, 1 min, 5 min';
  const { min, max } = LIMITS.backoff_count;
  if (delays.length < min || delays.length > max) return `must be ${min} to ${max} durations`;
  return delays.some((delay) => delay > LIMITS.backoff_ms.max) ? 'must be at most 24 h each' : null;
}
