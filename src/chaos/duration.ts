// The delay of an attempt: one seeded draw, distributed between two bounds in one of four shapes. Pure; whole ms.

import type { CommandBehavior, DurationShape } from './behavior.ts';
import { probit } from './probit.ts';
import type { RollSource } from './roll.ts';
import { roll } from './roll.ts';

/**
 * The bounds of the delay in ms, or null for none. A minimum alone is fixed, a maximum alone starts at 0, unless its
 * shape is fixed.
 */
export function durationBounds(behavior: CommandBehavior): { min_ms: number; max_ms: number } | null {
  const { min_duration_ms, max_duration_ms, duration_shape } = behavior;
  const min_ms = min_duration_ms ?? (duration_shape === 'fixed' ? (max_duration_ms ?? 0) : 0);
  const max_ms = max_duration_ms ?? min_ms;
  return max_ms > 0 ? { min_ms, max_ms } : null;
}

/** Maps a draw in [0,1) to a normal distribution whose bounds are three deviations from its mean. */
function onBell(low: number, high: number, draw: number): number {
  // 0 times the infinite quantile of 0 is NaN.
  if (low === high) return low;
  const deviation = (high - low) / 6;
  return Math.min(Math.max((low + high) / 2 + deviation * probit(draw), low), high);
}

/** For different bounds. The minimum of `lognormal` is 1 ms, because a logarithm needs a positive bound. */
const SHAPES: Record<Exclude<DurationShape, 'fixed'>, (min_ms: number, max_ms: number, draw: number) => number> = {
  uniform: (min_ms, max_ms, draw) => min_ms + (max_ms - min_ms) * draw,
  normal: onBell,
  lognormal: (min_ms, max_ms, draw) => Math.exp(onBell(Math.log(Math.max(min_ms, 1)), Math.log(max_ms), draw)),
};

/** The delay in ms for a draw in [0,1), rounded. */
export function durationOf(min_ms: number, max_ms: number, draw: number, shape: DurationShape = 'normal'): number {
  if (min_ms === max_ms || shape === 'fixed') return min_ms;
  return Math.round(SHAPES[shape](min_ms, max_ms, draw));
}

/** The delay of one attempt in ms; equal bounds need no roll. */
export function drawDuration(behavior: CommandBehavior, source: RollSource): number {
  const bounds = durationBounds(behavior);
  if (!bounds) return 0;
  const { min_ms, max_ms } = bounds;
  if (min_ms === max_ms) return min_ms;
  const draw = roll(source.seed, source.key, source.step, source.attempt, 'duration');
  return durationOf(min_ms, max_ms, draw, behavior.duration_shape ?? 'normal');
}
