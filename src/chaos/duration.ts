// How long chaos delays the work: a bell curve between two bounds, from one seeded draw.
// Pure; promises whole ms within the bounds.

import type { CommandBehavior } from './behavior.ts';
import { probit } from './probit.ts';
import type { RollSource } from './roll.ts';
import { roll } from './roll.ts';

/** The bounds of the delay in ms, or null for none. A minimum alone is fixed, a maximum alone starts at 0. */
export function durationBounds(behavior: CommandBehavior): { min_ms: number; max_ms: number } | null {
  const min_ms = behavior.min_duration_ms ?? 0;
  const max_ms = behavior.max_duration_ms ?? min_ms;
  return max_ms > 0 ? { min_ms, max_ms } : null;
}

/** The delay in ms for a draw in [0,1): clamp(mid + sd * probit(draw)), sd = (max - min) / 6, rounded. */
export function durationOf(min_ms: number, max_ms: number, draw: number): number {
  if (min_ms === max_ms) return min_ms;
  const mid = (min_ms + max_ms) / 2;
  const sd = (max_ms - min_ms) / 6;
  return Math.round(Math.min(Math.max(mid + sd * probit(draw), min_ms), max_ms));
}

/** The delay of one attempt in ms; equal bounds need no roll. */
export function drawDuration(behavior: CommandBehavior, source: RollSource): number {
  const bounds = durationBounds(behavior);
  if (!bounds) return 0;
  const { min_ms, max_ms } = bounds;
  if (min_ms === max_ms) return min_ms;
  return durationOf(min_ms, max_ms, roll(source.seed, source.key, source.step, source.attempt, 'duration'));
}
