// From the state of a process to chaos rows: which commands about to be sent have a behavior, and the rows that say so.
// Pure; compensations, chunks and jobs are never chaotic.

import type { OutgoingCommand } from '../bus/handlers.ts';
import { stepKey } from '../model/process.ts';
import { isPlainObject } from '../model/storable.ts';
import type { CommandBehavior } from './behavior.ts';
import type { TestCommand } from './repository.ts';

/** The rows of those commands whose process state holds a behavior for their step. */
export function chaosRows(commands: readonly OutgoingCommand[]): TestCommand[] {
  return commands.flatMap((command) => {
    const behavior = behaviorOf(command);
    if (behavior === null) return [];
    const { command_id, lane, process_id, step } = command;
    return { command_id, lane, behavior, payload: { process_id, process_step: step, ...placeOf(command) } };
  });
}

/** A process knows its place in the batch; a lone command is told it. */
function placeOf({ purpose, state }: OutgoingCommand): { ordinal?: number } {
  return purpose === 'lone' && typeof state?.ordinal === 'number' ? { ordinal: state.ordinal } : {};
}

/** A step is named by its key, whichever visit it is; a lone command, which has no step, by its type. */
function behaviorOf(command: OutgoingCommand): CommandBehavior | null {
  const { purpose, state, step, type } = command;
  const key = purpose === 'step' && step !== null ? stepKey(step) : purpose === 'lone' ? type : null;
  const behaviors = state?.behavior;
  // States are stored documents: `constructor` is a possible step, and must not find what every object inherits.
  if (key === null || !isPlainObject(behaviors) || !Object.hasOwn(behaviors, key)) return null;
  const behavior = behaviors[key];
  return isPlainObject(behavior) ? behavior : null;
}
