// The bounds of a policy: how often, how late and how long commands are tried. Checked where a policy is given, because
// what the database refuses later, a chunk would try again forever.

import type { FieldError } from './errors.ts';
import { isWithin, LIMITS, type Range, rangeMessage } from './limits.ts';
import type { CommandPolicy } from './process.ts';

/** What is wrong with a policy, field by field; nothing, when it can be used. `at` is where a sender gave the retry policy and the lease. */
export function findPolicyErrors(
  policy: Partial<CommandPolicy>,
  at: { retry: string; lease: string } = { retry: 'policy.', lease: 'policy.' },
): FieldError[] {
  const { max_attempts, backoff_ms, lease_ms, jitter_pct } = policy;
  return [
    ...findNumberErrors(`${at.retry}max_attempts`, max_attempts, LIMITS.max_attempts),
    ...(backoff_ms === undefined ? [] : findDelayErrors(`${at.retry}backoff_ms`, backoff_ms)),
    ...findNumberErrors(`${at.lease}lease_ms`, lease_ms, LIMITS.lease_ms),
    ...findNumberErrors(`${at.retry}jitter_pct`, jitter_pct, LIMITS.jitter_pct),
  ];
}

function findDelayErrors(path: string, backoff_ms: readonly number[]): FieldError[] {
  const { min, max } = LIMITS.backoff_count;
  if (!Array.isArray(backoff_ms) || backoff_ms.length < min || backoff_ms.length > max) {
    return [{ path, code: 'out_of_range', message: `must be a number of items from ${min} to ${max}` }];
  }
  return backoff_ms.flatMap((ms, index) => findNumberErrors(`${path}.${index}`, ms, LIMITS.backoff_ms));
}

/** Nothing when it is absent or a whole number within the bounds. */
export function findNumberErrors(path: string, value: number | undefined, range: Range): FieldError[] {
  if (value === undefined || isWithin(value, range)) return [];
  return [{ path, code: 'out_of_range', message: rangeMessage(range) }];
}
