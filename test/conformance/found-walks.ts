// Walks that the random walk once went wrong on, shrunk. Each is walked again in every run of the suite.
// What was wrong, the bus or the model, is said beside it.

import type { Operation } from './walk.ts';

/** What is drawn for one walk. */
export interface Drawn {
  operations: Operation[];
  /** Before which operation the batch is cancelled, and which the code of the definitions begins, or ceases, to throw. */
  cancel_at: number;
  throw_at: number[];
  /** How what is then left comes to an end: refused, undone or not, and what cannot be undone skipped or done by hand. */
  undo: 'success' | 'permanent';
  by_hand: 'complete' | 'cancel';
}

/** By what happens in it. */
export const FOUND: Record<string, Drawn> = {
  // The model did not know that the late effect of a step that was undone is undone once more.
  'an attempt of a step that was lost, parked and cancelled succeeds late': {
    operations: [
      { what: 'claim', which: 0 },
      { what: 'lose', which: 0, times: 1 },
      { what: 'deadline', which: 0, action: 'tsq' },
      { what: 'verb', which: 683, verb: 'cut' },
      { what: 'stale', which: 0 },
    ],
    cancel_at: 80,
    throw_at: [],
    undo: 'success',
    by_hand: 'complete',
  },
};
