// The outline of a process for whoever predicts it: its steps in order, what can be undone, and whether its way is known beforehand.
// Calls the definition's own code only where it is pure by contract.

import type { Deadline, Reply } from '../model/command.ts';
import { type ProcessRow, stepKey } from '../model/process.ts';
import {
  advance,
  begin,
  type Decision,
  findStep,
  payloadOf,
  type ReplyContext,
  startState,
  stateAfter,
} from '../process/advance.ts';
import { type AnyProcessDefinition, deadlineOf, type StepDefinition } from '../process/define.ts';
import { parseInput } from '../process/launch.ts';

export interface OutlinedStep {
  key: string;
  compensated: boolean;
  /** Whether the process's own code throws when it is given `result` as the reply to this step. */
  refuses(result: unknown, ordinal: number): boolean;
}

export interface ProcessOutline {
  steps: OutlinedStep[];
  /** Why the way of a process cannot be known from its chaos alone; null when it can. */
  uncertain: string | null;
}

/** `input` is the batch's, as the definition's input schema returned it. */
export function outlineOf(definition: AnyProcessDefinition, input: unknown): ProcessOutline {
  const { steps } = definition;
  return {
    uncertain: uncertaintyOf(definition),
    steps: steps.map((step, index) => ({
      key: step.key,
      compensated: step.compensate !== undefined,
      refuses: (result, ordinal) => refuses(definition, step, steps[index + 1], { input, ordinal, result }),
    })),
  };
}

function uncertaintyOf({ steps, deadline_ms }: AnyProcessDefinition): string | null {
  const branching = steps.filter((step) => step.next !== undefined).map((step) => step.key);
  if (branching.length > 0) return `which step follows ${branching.join(', ')} depends on replies`;
  const timed = steps.filter((step) => step.deadline_ms !== undefined).map((step) => step.key);
  if (timed.length > 0 || deadline_ms !== undefined) return 'deadlines depend on how long attempts take';
  return null;
}

/** With the state a process starts with: what earlier replies would have added is not known. */
function refuses(
  definition: AnyProcessDefinition,
  step: StepDefinition<Record<string, unknown>>,
  next: StepDefinition<Record<string, unknown>> | undefined,
  { input, ordinal, result }: { input: unknown; ordinal: number; result: unknown },
): boolean {
  const place = { ordinal, batch_id: NO_ID };
  try {
    const after = stateAfter(definition, step, startState(definition, input, place), { outcome: 'SUCCESS', result });
    if (next !== undefined) payloadOf(next, after, { ...place, process_id: NO_ID });
    return false;
  } catch {
    return true;
  }
}

const NO_ID = '00000000-0000-7000-8000-000000000000';

/** A definition's own code, bound to one batch, for whoever replays its processes. */
export interface BoundDefinition {
  batch_id: string;
  /** The state a process starts with, without what its launcher put there. Throws what the definition's code throws. */
  start(ordinal: number): Record<string, unknown>;
  /** The same from an input of its own, which no code that ran before can have written to. */
  startAnew(ordinal: number): Record<string, unknown>;
  begin(process: { process_id: string; ordinal: number; state: Record<string, unknown> }): ReturnType<typeof begin>;
  advance(process: ProcessRow, reply: Reply, context: ReplyContext): Decision;
  /** Of a step, or of the process itself. */
  deadlineOf(step: string | null): Deadline | null;
}

/** `input` is the batch's, as it was stored. @throws InvalidInputError when the definition does not take it */
export function bindDefinition(
  definition: AnyProcessDefinition,
  batch: { batch_id: string; input: unknown },
): BoundDefinition {
  const { batch_id } = batch;
  const stored = JSON.stringify(batch.input);
  const input = parseInput(definition, JSON.parse(stored));
  // Asked for each command of a batch, and the same for all of a step.
  const deadlines = new Map<string | null, Deadline | null>();
  return {
    batch_id,
    start: (ordinal) => startState(definition, input, { ordinal, batch_id }),
    startAnew: (ordinal) => startState(definition, parseInput(definition, JSON.parse(stored)), { ordinal, batch_id }),
    begin: (process) => begin(definition, { ...process, batch_id }),
    advance: (process, reply, context) => advance(definition, process, reply, context),
    deadlineOf(step) {
      const key = step === null ? null : stepKey(step);
      const known = deadlines.get(key);
      if (known !== undefined) return known;
      const deadline = deadlineOf(key === null ? definition : findStep(definition, key));
      deadlines.set(key, deadline);
      return deadline;
    },
  };
}
