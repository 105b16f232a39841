// The bounds of a policy: how often, how late and how long commands are tried. Checked where a policy is given, because
// what the database refuses later, a chunk would try again forever.

import type { FieldError } from './errors.ts';
import type { CommandPolicy } from './process.ts';

const BOUNDS = {
  max_attempts: { min: 1, max: 100 },
  backoff_count: { min: 1, max: 20 },
  backoff_ms: { min: 0, max: 86_400_000 },
  lease_ms: { min: 500, max: 3_600_000 },
  jitter_pct: { min: 0, max: 100 },
} as const;

/** What is wrong with a policy, field by field; nothing, when it can be used. `at` is where a sender gave the retry policy and the lease. */
export function findPolicyErrors(
  policy: Partial<CommandPolicy>,
  at: { retry: string; lease: string } = { retry: 'policy.', lease: 'policy.' },
): FieldError[] {
  const { max_attempts, backoff_ms, lease_ms, jitter_pct } = policy;
  return [
    ...findNumberErrors(`${at.retry}max_attempts`, max_attempts, BOUNDS.max_attempts),
    ...(backoff_ms === undefined ? [] : findDelayErrors(`${at.retry}backoff_ms`, backoff_ms)),
    ...findNumberErrors(`${at.lease}lease_ms`, lease_ms, BOUNDS.lease_ms),
    ...findNumberErrors(`${at.retry}jitter_pct`, jitter_pct, BOUNDS.jitter_pct),
  ];
}

function findDelayErrors(path: string, backoff_ms: readonly number[]): FieldError[] {
  const { min, max } = BOUNDS.backoff_count;
  if (!Array.isArray(backoff_ms) || backoff_ms.length < min || backoff_ms.length > max) {
    return [{ path, code: 'out_of_range', message: `must be a number of items from ${min} to ${max}` }];
  }
  return backoff_ms.flatMap((ms, index) => findNumberErrors(`${path}.${index}`, ms, BOUNDS.backoff_ms));
}

/** Nothing when it is absent or a whole number within the bounds. */
export function findNumberErrors(
  path: string,
  value: number | undefined,
  { min, max }: { min: number; max: number },
): FieldError[] {
  if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return [];
  return [{ path, code: 'out_of_range', message: `must be a whole number from ${min} to ${max}` }];
}
