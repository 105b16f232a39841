// The broken variants that test the verdict. Each breaks the bus, chaos, a row or a document in one way, and names the
// check that must fail and those that fail with it. No other check may fail.

import type { BusHooks, CommandTransition, Middleware } from '../../bus/handlers.ts';
import { CommandError, PermanentCommandError } from '../../model/errors.ts';
import type { CheckName } from '../checks/checks.ts';
import type { Tampering } from '../queries/self-test.ts';
import type { Documents } from './application.ts';

export interface Variant {
  name: string;
  /** The check that must detect it. */
  check: CheckName;
  /** Checks that the same damage affects. */
  follow: readonly CheckName[];
  /** Breaks rows of a batch at rest. */
  tamper?: Tampering;
  /** Breaks what is stored of a batch at rest. */
  misplace?(documents: Documents): void;
  /** Breaks a service before it runs a batch of its own. */
  sabotage?(hooks: BusHooks): void;
  /** How many processes never settle because of it. */
  stuck?: number;
}

export const VARIANTS: readonly Variant[] = [
  {
    name: 'a reply is lost between a command and its process',
    check: 'no_settled_awaited',
    follow: ['ends_as_replayed', 'state'],
    sabotage: loseOneReply,
    stuck: 1,
  },
  {
    name: 'a process is advanced twice by one reply',
    check: 'one_command_per_step',
    follow: ['steps_complete', 'as_predicted'],
    tamper: 'double_step',
  },
  {
    name: 'a compensation is skipped',
    check: 'compensations',
    follow: [],
    tamper: 'skip_compensation',
  },
  {
    name: 'a fault that was asked for never fires',
    check: 'faults_fired',
    follow: ['attempts_as_rolled', 'as_predicted'],
    sabotage: (hooks) => wrapChaos(hooks, neverFail),
  },
  {
    name: 'an injected fault is not marked',
    check: 'attempts_as_rolled',
    follow: ['faults_fired', 'as_predicted'],
    sabotage: (hooks) => wrapChaos(hooks, failUnmarked),
  },
  {
    name: 'the state of a process is edited by hand',
    check: 'state',
    follow: [],
    tamper: 'edit_state',
  },
  {
    name: 'the status of a process is edited by hand',
    check: 'ends_as_replayed',
    follow: ['conservation', 'as_predicted'],
    tamper: 'edit_status',
  },
  {
    name: 'an attempt is deleted',
    check: 'settled_once',
    follow: ['as_predicted'],
    tamper: 'delete_attempt',
  },
  {
    name: 'a retry does not wait for its delay',
    check: 'rows_agree',
    follow: [],
    tamper: 'retry_early',
  },
  {
    name: 'a document is left over of what was undone',
    check: 'artifacts',
    follow: [],
    misplace: leaveOver,
  },
  {
    name: 'a step is skipped',
    check: 'steps_complete',
    follow: ['as_predicted', 'artifacts'],
    tamper: 'skip_step',
  },
  {
    name: 'a process is lost',
    check: 'conservation',
    follow: ['one_command_per_step', 'as_predicted', 'artifacts'],
    tamper: 'delete_process',
  },
  {
    name: 'the behavior beside a command is gone',
    check: 'behavior_written',
    follow: [],
    tamper: 'delete_behavior',
  },
  {
    name: 'a handler fails of itself',
    check: 'no_real_failures',
    follow: ['as_predicted'],
    sabotage: (hooks) => wrapChaos(hooks, failForReal()),
  },
];

/** The reply of the last step of one process never reaches it. */
function loseOneReply(hooks: BusHooks): void {
  const route = hooks.onTransitions;
  let lost = false;
  hooks.onTransitions = async (tx, transitions) => {
    const kept: CommandTransition[] = [];
    for (const transition of transitions) {
      const { kind, command } = transition;
      if (
        !lost &&
        kind === 'replied' &&
        command.step === 'three' &&
        command.purpose === 'step' &&
        transition.reply.outcome === 'SUCCESS'
      )
        lost = true;
      else kept.push(transition);
    }
    return (await route?.(tx, kept)) ?? new Set();
  };
}

/** Outside of chaos, so that it sees what chaos injects. */
function wrapChaos(hooks: BusHooks, layer: Middleware): void {
  hooks.middleware = [layer, ...(hooks.middleware ?? [])];
}

/** Transient faults have no effect. */
const neverFail: Middleware = async (_attempt, next) => {
  try {
    return await next();
  } catch (error) {
    if (error instanceof CommandError && error.fault === 'transient') return {};
    throw error;
  }
};

const failUnmarked: Middleware = async (_attempt, next) => {
  try {
    return await next();
  } catch (error) {
    if (error instanceof PermanentCommandError && error.fault)
      throw new PermanentCommandError(error.code, error.message);
    throw error;
  }
};

/** One attempt fails without an injected fault. */
function failForReal(): Middleware {
  let failed = false;
  return async (attempt, next) => {
    const result = await next();
    if (failed || attempt.command.purpose !== 'step') return result;
    failed = true;
    throw new Error('The disk is full.');
  };
}

function leaveOver(documents: Documents): void {
  const stored = new Set([...documents.values()].map(({ process_id }) => process_id));
  const [some] = stored;
  documents.set(`${some}/four`, { process_id: some ?? '', step: 'four' });
}
