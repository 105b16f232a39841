// The bounds of a policy: how often, how late and how long commands are tried. Checked where a policy is given, because
// what the database refuses later, a chunk would try again for ever.

import type { FieldError } from '../model/errors.ts';
import type { CommandPolicy } from '../model/process.ts';

const BOUNDS = {
  max_attempts: { min: 1, max: 100 },
  backoff_count: { min: 1, max: 20 },
  backoff_ms: { min: 0, max: 86_400_000 },
  lease_ms: { min: 500, max: 3_600_000 },
  jitter_pct: { min: 0, max: 100 },
} as const;

/** What is wrong with a policy, field by field; nothing, when it can be used. */
export function findPolicyErrors(policy: Partial<CommandPolicy>): FieldError[] {
  const { max_attempts, backoff_ms, lease_ms, jitter_pct } = policy;
  return [
    ...outOfBounds('policy.max_attempts', max_attempts, BOUNDS.max_attempts),
    ...outOfBounds('policy.backoff_ms', backoff_ms?.length, BOUNDS.backoff_count),
    ...(backoff_ms ?? []).flatMap((ms, index) => outOfBounds(`policy.backoff_ms.${index}`, ms, BOUNDS.backoff_ms)),
    ...outOfBounds('policy.lease_ms', lease_ms, BOUNDS.lease_ms),
    ...outOfBounds('policy.jitter_pct', jitter_pct, BOUNDS.jitter_pct),
  ];
}

function outOfBounds(
  path: string,
  value: number | undefined,
  { min, max }: { min: number; max: number },
): FieldError[] {
  if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return [];
  const what = path === 'policy.backoff_ms' ? 'a number of items' : 'a whole number';
  return [{ path, code: 'out_of_range', message: `must be ${what} from ${min} to ${max}` }];
}
