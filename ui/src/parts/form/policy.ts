// How commands are tried, as a form holds it: attempts, the delays between them, and the lease of each. Pure.
// Promises the server's own limits, so that what it would refuse is told at the field.

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

const MAX_BACKOFF_MS = 86_400_000;

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
    max_attempts: wholeNumberError(values.max_attempts, 1, 100),
    backoff: backoffError(values.backoff),
    lease_ms: wholeNumberError(values.lease_ms, 500, 3_600_000),
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

export function wholeNumberError(value: NumberText, min: number, max: number): string | null {
  const number = numberOf(value);
  if (number === null) return 'is needed';
  if (!Number.isInteger(number)) return 'must be a whole number';
  return number < min || number > max ? `must be ${formatCount(min)} to ${formatCount(max)}` : null;
}

function backoffError(text: string): string | null {
  const delays = parseBackoff(text);
  if (delays === null) return 'must be durations, such as 10 s, 1 min, 5 min';
  if (delays.length < 1 || delays.length > 20) return 'must be 1 to 20 durations';
  return delays.some((delay) => delay > MAX_BACKOFF_MS) ? 'must be at most 24 h each' : null;
}
