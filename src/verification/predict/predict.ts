// Predicts a launch: the outcome of each process, one by one, summed by step and by ending.
// Pure apart from the definition's own code. Exact where the path of a process depends on its chaos alone.

import { type CommandBehavior, compactBehavior } from '../../chaos/behavior.ts';
import { createDecideFault } from '../../chaos/decide.ts';
import { inScope } from '../../chaos/experiment.ts';
import { corruptReply } from '../../chaos/faults/corrupt-reply.ts';
import { faultOf } from '../../chaos/faults/index.ts';
import { countAttempts, emptyCounts } from '../attempt-counts.ts';
import type { ProcessPlan } from '../process-plan.ts';
import type { AttemptCounts, Prediction } from '../schemas.ts';

export interface PredictionInput {
  seed: string;
  count: number;
  first_ordinal: number;
  behavior: Readonly<Record<string, unknown>> | null;
  scope_pct: number | null;
  max_attempts: number;
}

type End = 'completed' | 'failed' | 'compensated' | 'in_troubleshooting';
/** Processes predicted before the event loop gets a turn. */
const TURN = 2_000;

export async function predict(launch: PredictionInput, plan: ProcessPlan): Promise<Prediction> {
  const predictor = new Predictor(launch, plan);
  for (let index = 0; index < launch.count; index++) {
    if (index % TURN === TURN - 1) await new Promise((resolve) => setImmediate(resolve));
    predictor.add(launch.first_ordinal + index);
  }
  return predictor.sum();
}

class Predictor {
  readonly #launch: PredictionInput;
  readonly #plan: ProcessPlan;
  readonly #steps: Record<string, AttemptCounts>;
  readonly #behaviors: ReadonlyMap<string, CommandBehavior | null>;
  readonly #decide = createDecideFault();
  readonly #ends: Record<End, number> = { completed: 0, failed: 0, compensated: 0, in_troubleshooting: 0 };
  #in_scope = 0;

  constructor(launch: PredictionInput, plan: ProcessPlan) {
    const { behavior } = launch;
    this.#launch = launch;
    this.#plan = plan;
    this.#steps = Object.fromEntries(plan.steps.map(({ key }) => [key, emptyCounts()]));
    this.#behaviors = new Map(
      plan.steps.map(({ key }) => [
        key,
        behavior !== null && Object.hasOwn(behavior, key) ? compactBehavior(behavior[key] as CommandBehavior) : null,
      ]),
    );
  }

  add(ordinal: number): void {
    const chaotic = inScope(this.#launch.scope_pct, this.#launch.seed, ordinal);
    if (chaotic) this.#in_scope++;
    this.#ends[this.#predictProcess(ordinal, chaotic)]++;
  }

  sum(): Prediction {
    const { uncertain } = this.#plan;
    const attempts = Object.values(this.#steps).reduce((sum, step) => sum + step.attempts, 0);
    const note =
      uncertain === null
        ? null
        : `Expectations, as if the steps ran in the order in which they are listed: ${uncertain}.`;
    return {
      exact: note === null,
      note,
      in_scope: this.#in_scope,
      expected: { ...this.#ends, attempts },
      steps: this.#steps,
    };
  }

  #predictProcess(ordinal: number, chaotic: boolean): End {
    let undoable = false;
    for (const step of this.#plan.steps) {
      const behavior = chaotic ? (this.#behaviors.get(step.key) ?? null) : null;
      const outcome = this.#predictCommand(behavior, ordinal, step.key);
      undoable ||= step.compensated;
      if (outcome.end === 'PARKED') return 'in_troubleshooting';
      if (outcome.end === 'FAILED') return undoable ? 'compensated' : 'failed';
      if (outcome.fault === 'corrupt_reply') {
        const reply = corruptReply({ ...this.#rollOf(ordinal, step.key), attempt: outcome.attempts });
        if (step.throwsOn(reply, ordinal)) return 'in_troubleshooting';
      }
    }
    return 'completed';
  }

  #rollOf(ordinal: number, step: string) {
    return { seed: this.#launch.seed, key: ordinal, step };
  }

  /** How often a command is attempted, how it ends, and the fault of its last attempt. */
  #predictCommand(behavior: CommandBehavior | null, ordinal: number, step: string) {
    const counts = this.#steps[step] as AttemptCounts;
    for (let attempt = 1; ; attempt++) {
      const fault = behavior === null ? null : this.#decide(behavior, { ...this.#rollOf(ordinal, step), attempt });
      const outcome = fault === null ? 'success' : faultOf(fault).results_in;
      countAttempts(counts, { outcome, fault });
      const ended = { attempts: attempt, fault };
      if (outcome === 'success') return { ...ended, end: 'SUCCESS' };
      if (outcome === 'business_rule') return { ...ended, end: 'FAILED' };
      if (outcome === 'permanent' || attempt >= this.#launch.max_attempts) return { ...ended, end: 'PARKED' };
    }
  }
}
