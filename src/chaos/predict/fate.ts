// The fate of one command under its behavior: how often it is attempted, what each attempt comes to, and how it ends.
// Pure: a function of seed, key, step, behavior and policy, assuming no interruption and no operator.

import type { CommandBehavior } from '../behavior.ts';
import { decide as draw } from '../decide.ts';
import { faultOf } from '../faults/index.ts';
import type { RollSource } from '../roll.ts';
import { addAttempt, type StepTally } from './tally.ts';

export interface CommandFate {
  attempts: number;
  /** SUCCESS, FAILED (a business rule) or PARKED in the troubleshooting queue. */
  end: 'SUCCESS' | 'FAILED' | 'PARKED';
  /** The fault of the last attempt. */
  fault: string | null;
}

/** What chaos does to one attempt: `decide`, or the same from memory. */
export type Decide = typeof draw;

/** Counts each attempt in `tally`. A behavior of null is no chaos at all. */
export function foretellCommand(
  behavior: CommandBehavior | null,
  place: Omit<RollSource, 'attempt'>,
  max_attempts: number,
  tally: StepTally,
  decide: Decide = draw,
): CommandFate {
  if (behavior === null) {
    addAttempt(tally, 'success', null);
    return { attempts: 1, end: 'SUCCESS', fault: null };
  }
  for (let attempt = 1; ; attempt++) {
    const { kind } = decide(behavior, { ...place, attempt });
    const fault = kind === 'none' ? null : kind;
    const outcome = kind === 'none' ? 'success' : faultOf(kind).comes_to;
    addAttempt(tally, outcome, fault);
    if (outcome === 'success') return { attempts: attempt, end: 'SUCCESS', fault };
    if (outcome === 'business_rule') return { attempts: attempt, end: 'FAILED', fault };
    if (outcome === 'permanent' || attempt >= max_attempts) return { attempts: attempt, end: 'PARKED', fault };
  }
}
