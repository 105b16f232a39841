// Counts the attempts of a step by outcome and fault, for predictions, replays, reports and live batches. Pure.

import { isInterruption } from './failures.ts';
import type { AttemptCounts } from './schemas.ts';

export function emptyCounts(): AttemptCounts {
  return {
    attempts: 0,
    success: 0,
    transient: 0,
    permanent: 0,
    business_rule: 0,
    timeout: 0,
    interrupted: 0,
    injected: {},
  };
}

/** Counts `count` attempts that ended alike. */
export function countAttempts(
  counts: AttemptCounts,
  attempt: { outcome: string; fault: string | null },
  count = 1,
): void {
  const { outcome, fault } = attempt;
  counts.attempts += count;
  if (isInterruption(attempt)) counts.interrupted += count;
  else if (outcome === 'lease_expired') counts.timeout += count;
  else if (isOutcome(outcome)) counts[outcome] += count;
  if (fault !== null) counts.injected[fault] = (counts.injected[fault] ?? 0) + count;
}

const OUTCOMES = ['success', 'transient', 'permanent', 'business_rule'] as const;

function isOutcome(outcome: string): outcome is (typeof OUTCOMES)[number] {
  return OUTCOMES.some((known) => known === outcome);
}

/** Describes where the counts differ: `render transient: 12 instead of 14`. */
export function differences(step: string, observed: AttemptCounts, expected: AttemptCounts): string[] {
  const [was, should] = [flatten(observed), flatten(expected)];
  return [...new Set([...Object.keys(was), ...Object.keys(should)])]
    .filter((name) => (was[name] ?? 0) !== (should[name] ?? 0))
    .map((name) => `${step} ${name}: ${was[name] ?? 0} instead of ${should[name] ?? 0}`);
}

function flatten({ injected, ...counts }: AttemptCounts): Record<string, number> {
  const faults = Object.entries(injected).map(([fault, count]) => [`injected ${fault}`, count]);
  return { ...counts, ...Object.fromEntries(faults) };
}
