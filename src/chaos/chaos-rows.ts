// The chaos rows of commands that are about to be sent. Pure. Compensations, chunks and jobs have none.

import type { OutgoingCommand } from '../bus/handlers.ts';
import { stepKey } from '../model/process.ts';
import { isPlainObject } from '../model/storable.ts';
import type { CommandBehavior } from './behavior.ts';
import { inScope } from './experiment.ts';
import type { BehaviorOverride } from './queries/lab-control.ts';
import type { TestCommand } from './queries/test-command.ts';

/** The rows of the commands that have a behavior: that of the process state, unless its batch has an override. */
export function chaosRows(
  commands: readonly OutgoingCommand[],
  overrides: ReadonlyMap<string, BehaviorOverride> = new Map(),
): TestCommand[] {
  return commands.flatMap((command) => {
    const behavior = behaviorOf(command, overrides);
    if (behavior === null) return [];
    const { command_id, lane, process_id, step } = command;
    return { command_id, lane, behavior, payload: { process_id, process_step: step, ...ordinalOf(command) } };
  });
}

/** A process stores its own ordinal. */
function ordinalOf({ purpose, state }: OutgoingCommand): { ordinal?: number } {
  return purpose === 'standalone' && typeof state?.ordinal === 'number' ? { ordinal: state.ordinal } : {};
}

/** Behaviors name a step by its key, whichever visit it is, and a standalone command by its type. */
function behaviorOf(
  command: OutgoingCommand,
  overrides: ReadonlyMap<string, BehaviorOverride>,
): CommandBehavior | null {
  const { purpose, state, step, type } = command;
  const key = purpose === 'step' && step !== null ? stepKey(step) : purpose === 'standalone' ? type : null;
  const changed = purpose === 'step' ? overrides.get(command.batch_id ?? '') : undefined;
  const behaviors = changed === undefined ? state?.behavior : changedBehavior(changed, command);
  // `constructor` is a possible step and must not find an inherited property.
  if (key === null || !isPlainObject(behaviors) || !Object.hasOwn(behaviors, key)) return null;
  const behavior = behaviors[key];
  return isPlainObject(behavior) ? behavior : null;
}

/** A process that was out of scope at launch stays out. */
function changedBehavior({ behavior, scope_pct, seed }: BehaviorOverride, { ordinal }: OutgoingCommand) {
  return ordinal != null && inScope(scope_pct, seed, ordinal) ? behavior : null;
}
