// Random tests draw from the one seed, and from nothing else.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDraw, SEED } from './random.ts';

test('properties draw from the seed of the run, also where no test says so', () => {
  const drawn = (seed?: number) => fc.sample(fc.nat(), { numRuns: 5, ...(seed !== undefined && { seed }) });
  expect(fc.readConfigureGlobal().seed).toBe(SEED);
  expect(drawn()).toEqual(drawn(SEED));
  expect(drawn()).not.toEqual(drawn(SEED + 1));
});

test('draws hang on the seed alone, and lie from 0 up to 1', () => {
  const drawn = (seed: number) => Array.from({ length: 1_000 }, createDraw(seed));
  expect(drawn(7)).toEqual(drawn(7));
  expect(drawn(7)).not.toEqual(drawn(8));
  expect(drawn(7).every((draw) => draw >= 0 && draw < 1)).toBe(true);
});
