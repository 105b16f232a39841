// From processes to chaos rows: which commands about to be sent have a behavior, from their state or their batch, and the rows that say so.
// Pure; compensations, chunks and jobs are never chaotic.

import type { OutgoingCommand } from '../bus/handlers.ts';
import { stepKey } from '../model/process.ts';
import { isPlainObject } from '../model/storable.ts';
import type { CommandBehavior } from './behavior.ts';
import { inScope } from './experiment.ts';
import type { BehaviorOverride } from './queries/lab-control.ts';
import type { TestCommand } from './repository.ts';

/**
 * The rows of those commands that have a behavior: by the state of their process, or, where the behavior of its batch was changed
 * since (`newest`, by batch), by that.
 */
export function chaosRows(
  commands: readonly OutgoingCommand[],
  newest: ReadonlyMap<string, BehaviorOverride> = new Map(),
): TestCommand[] {
  return commands.flatMap((command) => {
    const behavior = behaviorOf(command, newest);
    if (behavior === null) return [];
    const { command_id, lane, process_id, step } = command;
    return { command_id, lane, behavior, payload: { process_id, process_step: step, ...placeOf(command) } };
  });
}

/** A process knows its place in the batch; a standalone command is told it. */
function placeOf({ purpose, state }: OutgoingCommand): { ordinal?: number } {
  return purpose === 'standalone' && typeof state?.ordinal === 'number' ? { ordinal: state.ordinal } : {};
}

/** A step is named by its key, whichever visit it is; a standalone command, which has no step, by its type. */
function behaviorOf(command: OutgoingCommand, newest: ReadonlyMap<string, BehaviorOverride>): CommandBehavior | null {
  const { purpose, state, step, type } = command;
  const key = purpose === 'step' && step !== null ? stepKey(step) : purpose === 'standalone' ? type : null;
  const changed = purpose === 'step' ? newest.get(command.batch_id ?? '') : undefined;
  const behaviors = changed === undefined ? state?.behavior : changedBehavior(changed, command);
  // States are stored documents: `constructor` is a possible step, and must not find what every object inherits.
  if (key === null || !isPlainObject(behaviors) || !Object.hasOwn(behaviors, key)) return null;
  const behavior = behaviors[key];
  return isPlainObject(behavior) ? behavior : null;
}

/** A process that was out of scope when it was launched stays out. */
function changedBehavior({ behavior, scope_pct, seed }: BehaviorOverride, { ordinal }: OutgoingCommand) {
  return ordinal != null && inScope(scope_pct, seed, ordinal) ? behavior : null;
}
