// What random tests draw from: one seed for all of them, the same in every run of the suite, so that none fails by chance.
// `npm run walk` draws from another. What fails tells its seed, and the counterexample as fast-check shrank it.

import fc from 'fast-check';

const { FAULTLINE_SEED, FAULTLINE_RUNS, FAULTLINE_PATH } = process.env;

export const SEED = Number(FAULTLINE_SEED ?? 1);
const RUNS = Number(FAULTLINE_RUNS ?? 0);

fc.configureGlobal({ seed: SEED, numRuns: atLeast(100), ...(FAULTLINE_PATH && { path: FAULTLINE_PATH }) });

/** How often a property is tried: this often in a run of the suite, as often as was asked for where that is more. */
export function atLeast(runs: number): number {
  return Math.max(runs, RUNS);
}

/** The time limit of a test that tries a property: none where it is to be tried more often. */
export function timeLimit(ms: number): number {
  return RUNS > 0 ? 0 : ms;
}

/** Draws from 0 up to 1 that hang on the seed alone (mulberry32), for tests that no property describes. */
export function createDraw(seed = SEED): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
