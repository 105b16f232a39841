// The outcome of one command under its behavior: how often it is attempted, what each attempt comes to, and how it ends.
// Pure: a function of seed, key, step, behavior and policy, assuming no interruption and no operator.

import type { CommandBehavior } from '../../chaos/behavior.ts';
import type { DecideFault } from '../../chaos/decide.ts';
import { faultOf } from '../../chaos/faults/index.ts';
import type { RollSource } from '../../chaos/roll.ts';
import { addAttempt, type StepTally } from './tally.ts';

export interface PredictedOutcome {
  attempts: number;
  /** SUCCESS, FAILED (a business rule) or PARKED in the troubleshooting queue. */
  end: 'SUCCESS' | 'FAILED' | 'PARKED';
  /** The fault of the last attempt. */
  fault: string | null;
}

/** Counts each attempt in `tally`. A behavior of null is no chaos at all. */
export function predictCommand(
  behavior: CommandBehavior | null,
  { seed, key, step }: Omit<RollSource, 'attempt'>,
  max_attempts: number,
  tally: StepTally,
  decide: DecideFault,
): PredictedOutcome {
  if (behavior === null) {
    addAttempt(tally, 'success', null);
    return { attempts: 1, end: 'SUCCESS', fault: null };
  }
  for (let attempt = 1; ; attempt++) {
    const fault = decide(behavior, { seed, key, step, attempt });
    const outcome = fault === null ? 'success' : faultOf(fault).results_in;
    addAttempt(tally, outcome, fault);
    if (outcome === 'success') return { attempts: attempt, end: 'SUCCESS', fault };
    if (outcome === 'business_rule') return { attempts: attempt, end: 'FAILED', fault };
    if (outcome === 'permanent' || attempt >= max_attempts) return { attempts: attempt, end: 'PARKED', fault };
  }
}
