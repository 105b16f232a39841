// What a launch will come to: the outcome of each of its processes, one by one, summed by step and by ending.
// Exact where the way of a process is known from its chaos alone; elsewhere what each step comes to, labelled so.

import type { CommandBehavior } from '../../chaos/behavior.ts';
import { compactBehavior } from '../../chaos/behavior.ts';
import { createDecideFault, type DecideFault } from '../../chaos/decide.ts';
import { inScope } from '../../chaos/experiment.ts';
import { corruptReply } from '../../chaos/faults/corrupt-reply.ts';
import { predictCommand } from './outcome.ts';
import { addTally, emptyTally, type StepTally } from './tally.ts';

/** The steps of a process in order, as `outlineOf` in process/outline.ts makes them. */
export interface Outline {
  steps: readonly { key: string; compensated: boolean; refuses(result: unknown, ordinal: number): boolean }[];
  uncertain: string | null;
}

export interface PredictionInput {
  seed: string;
  count: number;
  first_ordinal: number;
  behavior: Readonly<Record<string, unknown>> | null;
  scope_pct: number | null;
  max_attempts: number;
}

export interface Foretold {
  exact: boolean;
  note: string | null;
  in_scope: number;
  expected: { completed: number; failed: number; compensated: number; in_troubleshooting: number; attempts: number };
  steps: Record<string, StepTally>;
}

type End = 'completed' | 'failed' | 'compensated' | 'in_troubleshooting';
/** So many processes at a time, between which others may have the thread. */
const SLICE = 2_000;

/** Predicts all processes; gives the thread away between slices. */
export async function predict(launch: PredictionInput, outline: Outline): Promise<Foretold> {
  const predictor = createPredictor(launch, outline);
  for (let index = 0; index < launch.count; index++) {
    if (index % SLICE === SLICE - 1) await new Promise((resolve) => setImmediate(resolve));
    predictor.add(launch.first_ordinal + index);
  }
  return predictor.sum();
}

/** Predicts the processes it is given, one by one. `decide` may do so from memory. */
export function createPredictor(launch: PredictionInput, outline: Outline, decide: DecideFault = createDecideFault()) {
  const steps: Record<string, StepTally> = Object.fromEntries(outline.steps.map(({ key }) => [key, emptyTally()]));
  const behaviors = new Map(outline.steps.map(({ key }) => [key, behaviorOf(launch.behavior, key)]));
  const ends: Record<End, number> = { completed: 0, failed: 0, compensated: 0, in_troubleshooting: 0 };
  let in_scope = 0;
  return {
    add(ordinal: number): void {
      const touched = inScope(launch.scope_pct, launch.seed, ordinal);
      if (touched) in_scope++;
      ends[
        predictProcess(launch, outline, ordinal, { behaviors: touched ? behaviors : NO_BEHAVIORS, steps, decide })
      ]++;
    },
    sum(): Foretold {
      const attempts = Object.values(steps).reduce((sum, step) => sum + step.attempts, 0);
      const note =
        outline.uncertain === null
          ? null
          : `Expectations, as if the steps ran in the order in which they are listed: ${outline.uncertain}.`;
      return { exact: note === null, note, in_scope, expected: { ...ends, attempts }, steps };
    },
  };
}

/** Adds what was predicted of other processes of the same launch. */
export function addPredicted(predicted: Foretold, other: Foretold): void {
  predicted.in_scope += other.in_scope;
  for (const key of Object.keys(predicted.expected) as (keyof Foretold['expected'])[])
    predicted.expected[key] += other.expected[key];
  for (const [key, tally] of Object.entries(other.steps)) addTally(predicted.steps[key] as StepTally, tally);
}

const NO_BEHAVIORS: ReadonlyMap<string, CommandBehavior | null> = new Map();

function behaviorOf(behavior: PredictionInput['behavior'], key: string): CommandBehavior | null {
  return behavior !== null && Object.hasOwn(behavior, key) ? compactBehavior(behavior[key] as CommandBehavior) : null;
}

function predictProcess(
  { seed, max_attempts }: PredictionInput,
  outline: Outline,
  ordinal: number,
  using: {
    behaviors: ReadonlyMap<string, CommandBehavior | null>;
    steps: Record<string, StepTally>;
    decide: DecideFault;
  },
): End {
  let undoable = false;
  for (const step of outline.steps) {
    const place = { seed, key: ordinal, step: step.key };
    const behavior = using.behaviors.get(step.key) ?? null;
    const outcome = predictCommand(behavior, place, max_attempts, using.steps[step.key] as StepTally, using.decide);
    undoable ||= step.compensated;
    if (outcome.end === 'PARKED') return 'in_troubleshooting';
    if (outcome.end === 'FAILED') return undoable ? 'compensated' : 'failed';
    if (outcome.fault === 'corrupt_reply') {
      const reply = corruptReply({ ...place, attempt: outcome.attempts });
      if (step.refuses(reply, ordinal)) return 'in_troubleshooting';
    }
  }
  return 'completed';
}
