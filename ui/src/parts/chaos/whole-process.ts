// The closed form of what becomes of a whole process: the chain of its steps, each with its attempts. Pure.
// Supposes that the steps follow one another in their order, no operator, and that a corrupt reply stops its process.

import { type Chances, splitOf } from './first-attempt.ts';

export interface StepChances {
  key: string;
  chaos: Chances;
  /** It can be undone. */
  compensated: boolean;
}

export interface ExpectedProcess {
  /** Shares of 100 processes. */
  completed: number;
  compensated: number;
  failed: number;
  in_troubleshooting: number;
  /** Per process, over all steps. */
  attempts: number;
}

/** What one step makes of 1 process that reaches it. */
export interface ExpectedStep {
  passed: number;
  refused: number;
  stuck: number;
  attempts: number;
}

/** Retried: a failure for now, or a lease that ran out. */
const RETRIED = ['first_attempts', 'transient', 'timeout', 'crash', 'connection_lost', 'lost_ack'];

/** The chain of a step's attempts, shares of 1. */
export function expectedStep(chaos: Chances, max_attempts: number): ExpectedStep {
  const step: ExpectedStep = { passed: 0, refused: 0, stuck: 0, attempts: 0 };
  let trying = 1;
  for (let attempt = 1; attempt <= max_attempts && trying > 1e-12; attempt++) {
    const { faults, success } = splitOf(chaos, attempt);
    const share = (fault: string) => (trying * (faults[fault] ?? 0)) / 100;
    step.attempts += trying;
    // What a duplicate does is done, twice.
    step.passed += (trying * success) / 100 + share('duplicate');
    step.refused += share('business_rule');
    step.stuck += share('permanent') + share('corrupt_reply');
    trying = RETRIED.reduce((sum, fault) => sum + share(fault), 0);
  }
  step.stuck += trying;
  return step;
}

/** `scope_pct` of the processes are touched by chaos; the others complete, each step at once. */
export function expectedProcess(steps: readonly StepChances[], max_attempts: number, scope_pct = 100): ExpectedProcess {
  const expected: ExpectedProcess = { completed: 0, compensated: 0, failed: 0, in_troubleshooting: 0, attempts: 0 };
  let arriving = Math.min(100, Math.max(0, scope_pct));
  expected.completed = 100 - arriving;
  expected.attempts = (expected.completed / 100) * steps.length;
  let undoable = false;
  for (const { chaos, compensated } of steps) {
    undoable ||= compensated;
    const step = expectedStep(chaos, Math.max(1, max_attempts));
    expected.attempts += (arriving / 100) * step.attempts;
    expected.in_troubleshooting += arriving * step.stuck;
    expected[undoable ? 'compensated' : 'failed'] += arriving * step.refused;
    arriving *= step.passed;
  }
  expected.completed += arriving;
  return expected;
}
