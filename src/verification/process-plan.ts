// What prediction and replay know of a process definition: its steps in order, and its own code bound to one batch.
// Calls the definition's code only where that is pure by contract.

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

export interface ProcessPlan {
  steps: readonly PlannedStep[];
  /** Why the path of a process depends on more than its chaos; null when it does not. */
  uncertain: string | null;
}

interface PlannedStep {
  key: string;
  compensated: boolean;
  /** Whether the process's own code throws on `result` as the reply to this step. */
  throwsOn(result: unknown, ordinal: number): boolean;
}

/** @param input of the batch, as the definition's schema returned it */
export function planOf(definition: AnyProcessDefinition, input: unknown): ProcessPlan {
  const { steps } = definition;
  return {
    uncertain: uncertaintyOf(definition),
    steps: steps.map((step, index) => ({
      key: step.key,
      compensated: step.compensate !== undefined,
      throwsOn: (result, ordinal) => throwsOn(definition, step, steps[index + 1], { input, ordinal, result }),
    })),
  };
}

function uncertaintyOf({ steps, deadline_ms }: AnyProcessDefinition): string | null {
  const branching = steps.filter((step) => step.next !== undefined).map((step) => step.key);
  if (branching.length > 0) return `which step follows ${branching.join(', ')} depends on replies`;
  const timed = steps.some((step) => step.deadline_ms !== undefined) || deadline_ms !== undefined;
  return timed ? 'deadlines depend on how long attempts take' : null;
}

const NO_ID = '00000000-0000-7000-8000-000000000000';

/** With the initial state, because changes by earlier replies are unknown. */
function throwsOn(
  definition: AnyProcessDefinition,
  step: StepDefinition<Record<string, unknown>>,
  next: StepDefinition<Record<string, unknown>> | undefined,
  { input, ordinal, result }: { input: unknown; ordinal: number; result: unknown },
): boolean {
  const owner = { ordinal, batch_id: NO_ID };
  try {
    const after = stateAfter(definition, step, startState(definition, input, owner), { outcome: 'SUCCESS', result });
    if (next !== undefined) payloadOf(next, after, { ...owner, process_id: NO_ID });
    return false;
  } catch {
    return true;
  }
}

/** A definition's own code, bound to one batch. Throws what that code throws. */
export interface BoundDefinition {
  batch_id: string;
  /** The state a process starts with, without what its launcher adds. `shared`: other processes start from the same input object. */
  start(ordinal: number, input: 'shared' | 'fresh'): Record<string, unknown>;
  begin(process: { process_id: string; ordinal: number; state: Record<string, unknown> }): ReturnType<typeof begin>;
  advance(process: ProcessRow, reply: Reply, context: ReplyContext): Decision;
  /** The deadline of a step, or of the process if null. */
  deadlineOf(step: string | null): Deadline | null;
}

/** @throws InvalidInputError when the definition does not accept the stored input */
export function bindDefinition(
  definition: AnyProcessDefinition,
  batch: { batch_id: string; input: unknown },
): BoundDefinition {
  const { batch_id } = batch;
  const stored = JSON.stringify(batch.input);
  const parse = () => parseInput(definition, JSON.parse(stored));
  const shared = parse();
  return {
    batch_id,
    start: (ordinal, input) => startState(definition, input === 'shared' ? shared : parse(), { ordinal, batch_id }),
    begin: (process) => begin(definition, { ...process, batch_id }),
    advance: (process, reply, context) => advance(definition, process, reply, context),
    deadlineOf: (step) => deadlineOf(step === null ? definition : findStep(definition, stepKey(step))),
  };
}
