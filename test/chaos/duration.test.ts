// Durations: the quantile against 60-digit arithmetic, the bounds, and the shape of what is drawn.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DURATION_SHAPES, type DurationShape } from '../../src/chaos/behavior.ts';
import { drawDuration, durationBounds, durationOf } from '../../src/chaos/duration.ts';
import { probit } from '../../src/chaos/probit.ts';
import { behaviorArbitrary, sourceArbitrary } from './arbitraries.ts';

describe('probit', () => {
  // By bisection of the cumulative distribution with 60 digits (mpmath), so not by any approximation of its inverse.
  // They lie on both sides of where the algorithm changes its formula: 0.075, 0.925 and about 1.39e-11.
  test.each([
    [0.925, 1.4395314709384561],
    [0.075, -1.439531470938456],
    [0.0749, -1.4402382675279637],
    [0.9, 1.2815515655446006],
    [0.975, 1.9599639845400538],
    [0.99, 2.3263478740408408],
    [0.6, 0.2533471031357997],
    [0.25, -0.6744897501960817],
    [0.123456789, -1.1578786091502085],
    [1e-5, -4.264890793922825],
    [1e-10, -6.361340902404057],
    [1.4e-11, -6.656723091518184],
    [1e-11, -6.706023155495136],
    [1e-12, -7.034483825301132],
    [2 ** -53, -8.209536151601387],
    [1 - 2 ** -53, 8.209536151601387],
    [5e-324, -38.467405617144344],
  ])('probit(%f) is %f to 15 digits', (p, z) => {
    expect(Math.abs(probit(p) / z - 1)).toBeLessThan(1e-15);
  });

  test('is 0 in the middle and without bounds at the ends', () => {
    expect([probit(0), probit(0.5), probit(1)]).toEqual([-Infinity, 0, Infinity]);
  });

  test('rises', () => {
    const inside = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(inside, inside, (a, b) => {
        expect(probit(Math.min(a, b))).toBeLessThanOrEqual(probit(Math.max(a, b)));
      }),
    );
  });
});

describe('the bounds', () => {
  test.each([
    [{}, null],
    [{ min_duration_ms: 0, max_duration_ms: 0 }, null],
    [{ min_duration_ms: null, max_duration_ms: 0 }, null],
    [{ min_duration_ms: 20 }, { min_ms: 20, max_ms: 20 }],
    [
      { min_duration_ms: 20, max_duration_ms: null },
      { min_ms: 20, max_ms: 20 },
    ],
    [{ max_duration_ms: 20 }, { min_ms: 0, max_ms: 20 }],
    [
      { min_duration_ms: 5, max_duration_ms: 20 },
      { min_ms: 5, max_ms: 20 },
    ],
    [
      { duration_shape: 'fixed' as const, max_duration_ms: 20 },
      { min_ms: 20, max_ms: 20 },
    ],
    [
      { duration_shape: 'uniform' as const, max_duration_ms: 20 },
      { min_ms: 0, max_ms: 20 },
    ],
    [{ duration_shape: 'lognormal' as const }, null],
  ])('of %j are %j', (behavior, bounds) => {
    expect(durationBounds(behavior)).toEqual(bounds);
  });
});

describe('a duration', () => {
  test('is the middle for a draw of one half, the bounds at the ends, three deviations from end to end', () => {
    expect([0, 0.5, 1 - 2 ** -53].map((drawn) => durationOf(100, 700, drawn))).toEqual([100, 400, 700]);
    // One standard deviation (100 ms) above the middle: the distribution function at z = 1.
    expect(durationOf(100, 700, 0.8413447460685429)).toBe(500);
  });

  test('is fixed when the bounds are equal, whatever the draw', () => {
    fc.assert(
      fc.property(sourceArbitrary, (source) => void expect(drawDuration({ min_duration_ms: 42 }, source)).toBe(42)),
    );
  });

  test('is whole and within the bounds', () => {
    fc.assert(
      fc.property(behaviorArbitrary, sourceArbitrary, (behavior, source) => {
        const drawn = drawDuration(behavior, source);
        const { min_ms, max_ms } = durationBounds(behavior) ?? { min_ms: 0, max_ms: 0 };
        expect(Number.isInteger(drawn)).toBe(true);
        expect(drawn).toBeGreaterThanOrEqual(min_ms);
        expect(drawn).toBeLessThanOrEqual(max_ms);
      }),
    );
  });

  test('of 20,000 attempts has the mean and the deviation that were asked for', () => {
    const behavior = { min_duration_ms: 1000, max_duration_ms: 7000 };
    const drawn = Array.from({ length: 20_000 }, (_, key) =>
      drawDuration(behavior, { seed: 'bell', key, step: 'query', attempt: 1 }),
    );
    const mean = drawn.reduce((sum, ms) => sum + ms, 0) / drawn.length;
    const deviation = Math.sqrt(drawn.reduce((sum, ms) => sum + (ms - mean) ** 2, 0) / drawn.length);
    // Five standard errors; the clamp beyond three deviations takes less than 1 % off the deviation.
    expect(Math.abs(mean - 4000)).toBeLessThan((5 * 1000) / Math.sqrt(20_000));
    expect(deviation).toBeGreaterThan(965);
    expect(deviation).toBeLessThan(1025);
  });

  test('comes between the bounds from the first draw to the last, and rises with it, in every shape', () => {
    const bound = fc.oneof(fc.constantFrom(0, 1, 2, 3_600_000), fc.integer({ min: 0, max: 3_600_000 }));
    const drawn = fc.oneof(
      fc.constantFrom(0, 2 ** -53, 1 - 2 ** -53),
      fc.double({ min: 0, max: 1 - 2 ** -53, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...DURATION_SHAPES), bound, bound, drawn, drawn, (shape, a, b, x, y) => {
        const [min_ms, max_ms] = [Math.min(a, b), Math.max(a, b)];
        const [low, high] = [Math.min(x, y), Math.max(x, y)].map((draw) => durationOf(min_ms, max_ms, draw, shape));
        for (const ms of [low, high]) {
          expect(Number.isInteger(ms)).toBe(true);
          expect(ms).toBeGreaterThanOrEqual(min_ms);
          expect(ms).toBeLessThanOrEqual(max_ms);
        }
        expect(low).toBeLessThanOrEqual(high as number);
      }),
    );
  });

  test.each([
    ['uniform', [100, 400, 699.99]],
    ['normal', [100, 400, 700]],
    // The middle of a lognormal is the geometric one.
    ['lognormal', [100, Math.sqrt(100 * 700), 700]],
  ] as const)('%s has its ends and its middle where they belong', (shape, expected) => {
    expect([0, 0.5, 1 - 2 ** -53].map((draw) => durationOf(100, 700, draw, shape))).toEqual(expected.map(Math.round));
  });

  test('of a lognormal shape that begins at 0 is 1 ms at least, since a logarithm has no 0', () => {
    expect([0, 0.5].map((draw) => durationOf(0, 10_000, draw, 'lognormal'))).toEqual([1, 100]);
    expect([0, 0.9].map((draw) => durationOf(0, 1, draw, 'lognormal'))).toEqual([1, 1]);
  });

  test('of 20,000 attempts has the median and the share beyond it that its shape says', () => {
    const sample = (duration_shape: DurationShape) =>
      Array.from({ length: 20_000 }, (_, key) =>
        drawDuration(
          { min_duration_ms: 100, max_duration_ms: 10_000, duration_shape },
          { seed: 'shape', key, step: 'query', attempt: 1 },
        ),
      );
    const below = (all: number[], ms: number) => all.filter((drawn) => drawn < ms).length / all.length;
    // Five standard errors of a share of one half.
    const near = (share: number, expected: number) => expect(Math.abs(share - expected)).toBeLessThan(0.018);
    near(below(sample('uniform'), 5050), 0.5);
    near(below(sample('uniform'), 1090), 0.1);
    near(below(sample('lognormal'), 1000), 0.5);
    // A tenfold span is three deviations: half of that below the middle is the distribution function at -1.5.
    near(below(sample('lognormal'), 316), 0.0668);
    near(below(sample('normal'), 5050), 0.5);
  });

  test('is what another implementation computes from the same roll', () => {
    // roll('demo:7:query#2:1:duration') = 0.2055240704893586 (python3 hashlib), whose quantile is -0.8220.
    const source = { seed: 'demo', key: 7, step: 'query#2', attempt: 1 };
    expect(drawDuration({ min_duration_ms: 0, max_duration_ms: 6000 }, source)).toBe(2178);
  });
});
