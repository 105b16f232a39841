// advance: decides what a process does next after a reply. Pure apart from the definition's own code.
// It throws only what this code throws, or if this code returns something invalid; the router turns both into
// ADVANCE_FAILED.

import type { Reply } from '../model/command.ts';
import { type FieldError, InvalidInputError } from '../model/errors.ts';
import { fieldErrors, findJsonErrors, listErrors, PARSE } from '../model/field-errors.ts';
import {
  LAUNCHER_KEYS,
  type ProcessRow,
  type ProcessStatus,
  stepKey,
  type TerminalProcessStatus,
  visitOf,
} from '../model/process.ts';
import {
  type AnyProcessDefinition,
  deadlineOf,
  type RequestContext,
  type StartContext,
  type StepDefinition,
} from './define.ts';

type State = Record<string, unknown>;
type AnyStep = StepDefinition<State>;

/** The next state of a process, and the command to send. */
export interface Decision {
  status: ProcessStatus;
  state: State;
  /** The command to send, or null when the process ends. */
  send: { purpose: 'step' | 'compensation'; step: string; command: string; payload: object } | null;
  undo: number | null;
  ending: TerminalProcessStatus | null;
  error_code: string | null;
  error_message: string | null;
  /** It ends without compensation. */
  keep_effects?: true;
}

export interface ReplyContext {
  /** False when the command was terminated before any attempt, so that it has nothing to undo. */
  attempted: boolean;
  /** The termination of the command keeps the effects of the process. */
  keep_effects?: boolean;
}

export function advance(
  definition: AnyProcessDefinition,
  process: ProcessRow,
  reply: Reply,
  { attempted, keep_effects = false }: ReplyContext,
): Decision {
  if (process.undo !== null) return continueCompensation(definition, process, reply);
  if (reply.outcome === 'SUCCESS') return goForward(definition, process, reply);
  return keep_effects ? endAsItIs(process, reply) : turnBack(definition, process, reply, attempted);
}

/** The state a process starts with. `launched` holds the keys of its launcher. */
export function startState(
  definition: AnyProcessDefinition,
  input: unknown,
  context: StartContext,
  launched: State = {},
): State {
  return conform(definition, 'start', definition.start(input, context), launched);
}

/** The state after a SUCCESS reply to a step. */
export function stateAfter(definition: AnyProcessDefinition, step: AnyStep, state: State, reply: Reply): State {
  // Taken before onReply, which may write to the state it is given instead of returning another.
  const launched = launcherKeys(state);
  if (step.onReply === undefined) return state;
  return conform(definition, step.key, step.onReply(state, reply) ?? state, launched);
}

/** Parses the state that the definition's code returned with its schema. The keys of the launcher bypass the schema. */
function conform(definition: AnyProcessDefinition, place: string, made: object, launched: State): State {
  const own = withoutLauncherKeys(made as State);
  const parsed = definition.state?.safeParse(own) ?? { success: true, data: own };
  // Object.assign, here and below: spreading a result of zod takes 0.5 µs instead of 0.05, and this runs for each step.
  if (parsed.success) return Object.assign({}, parsed.data, launched);
  // Parses again for the input in the messages: in the first parse that would take 0.7 µs of 0.8.
  const { issues } = definition.state?.safeParse(own, PARSE).error ?? parsed.error;
  throw refusal(`The state that ${place} makes is not valid`, fieldErrors(issues, ['state']));
}

/** `__proto__` cannot be written as a key; schemas omit it too. */
const NOT_OWN = new Set<string>([...LAUNCHER_KEYS, '__proto__']);

function withoutLauncherKeys(state: Readonly<State>): State {
  const own: State = {};
  for (const key of Object.keys(state)) if (!NOT_OWN.has(key)) own[key] = state[key];
  return own;
}

function refusal(what: string, errors: FieldError[]): InvalidInputError {
  return new InvalidInputError(`${what}: ${listErrors(errors)}.`, errors);
}

/** The first command of a process. */
export function begin(
  definition: AnyProcessDefinition,
  start: { process_id: string; batch_id: string | null; ordinal: number; state: State },
) {
  const step = definition.steps[0] as AnyStep;
  const { key, command } = step;
  return { step: key, command, payload: payloadOf(step, start.state, start), deadline: deadlineOf(step) };
}

/** The payload that `request` makes from the state and the ids of the process. */
export function payloadOf(
  step: Pick<AnyStep, 'request'>,
  state: State,
  { process_id, batch_id, ordinal }: RequestContext,
): object {
  const payload = step.request(state, { process_id, batch_id, ordinal }) ?? {};
  const errors = findJsonErrors(['payload'], payload);
  if (errors.length > 0) throw refusal('The payload that request makes cannot be sent', errors);
  return payload;
}

function goForward(definition: AnyProcessDefinition, process: ProcessRow, reply: Reply): Decision {
  const step = findStep(definition, process.current_step);
  // The same for a handler, an operator and a replay.
  const success: Reply = { outcome: 'SUCCESS', result: reply.result ?? null, error_code: null, error_message: null };
  const state = stateAfter(definition, step, process.state, success);
  const key = step.next === undefined ? nextKey(definition, step) : step.next(state, success);
  if (key === null) {
    return { status: 'COMPLETED', state, send: null, undo: null, ending: null, error_code: null, error_message: null };
  }
  const next = findStep(definition, key);
  return {
    status: 'WAITING_FOR_REPLY',
    state,
    send: {
      purpose: 'step',
      step: visitOf(process.path, key),
      command: next.command,
      payload: payloadOf(next, state, process),
    },
    undo: null,
    ending: null,
    error_code: null,
    error_message: null,
  };
}

/** A FAILED or CANCELED reply: every step that was ever attempted is undone, newest first, the current one included. */
function turnBack(definition: AnyProcessDefinition, process: ProcessRow, reply: Reply, attempted: boolean): Decision {
  const undo = attempted ? process.path.length : process.path.length - 1;
  return undoFrom(definition, process, { undo, underway: 'COMPENSATED', otherwise: endOf(reply), ...causeOf(reply) });
}

/** Ends without compensation. */
function endAsItIs({ state }: ProcessRow, reply: Reply): Decision {
  return { status: endOf(reply), state, send: null, undo: null, ending: null, ...causeOf(reply), keep_effects: true };
}

function endOf({ outcome }: Reply): TerminalProcessStatus {
  return outcome === 'FAILED' ? 'FAILED' : 'CANCELED';
}

function causeOf({ outcome, error_code, error_message }: Reply) {
  return {
    error_code: error_code ?? (outcome === 'FAILED' ? 'UNKNOWN_ERROR' : 'OPERATOR_CANCELED'),
    error_message: error_message ?? null,
  };
}

/** After a compensation succeeded or was skipped by an operator, the next older one follows. */
function continueCompensation(definition: AnyProcessDefinition, process: ProcessRow, reply: Reply): Decision {
  const skipped = reply.outcome !== 'SUCCESS';
  const ending = skipped ? 'FAILED' : (process.ending ?? 'COMPENSATED');
  const { error_code, error_message } = process;
  const cause = skipped ? skippedCause(process) : { error_code, error_message };
  return undoFrom(definition, process, {
    undo: (process.undo as number) - 1,
    underway: ending,
    otherwise: ending,
    ...cause,
  });
}

/** Includes the earlier cause, so that the first one is never lost. */
function skippedCause({ current_step, error_code, error_message }: ProcessRow) {
  const before =
    error_code === 'COMPENSATION_SKIPPED'
      ? error_message
      : `The process had failed with ${error_code}: ${error_message}`;
  return {
    error_code: 'COMPENSATION_SKIPPED',
    error_message: `The compensation of ${current_step} was skipped. ${before}`,
  };
}

interface Undoing {
  /** How many entries of path are still to be undone. */
  undo: number;
  /** The status in which the process will end if something is left to undo, and if not. */
  underway: TerminalProcessStatus;
  otherwise: TerminalProcessStatus;
  error_code: string | null;
  error_message: string | null;
}

function undoFrom(definition: AnyProcessDefinition, process: ProcessRow, undoing: Undoing): Decision {
  const { error_code, error_message } = undoing;
  const { state } = process;
  for (let left = undoing.undo; left > 0; left--) {
    const step = process.path[left - 1] as string;
    const { compensate } = findStep(definition, step);
    if (compensate === undefined) continue;
    const payload = payloadOf(compensate, state, process);
    const send = { purpose: 'compensation' as const, step, command: compensate.command, payload };
    return { status: 'COMPENSATING', state, send, undo: left, ending: undoing.underway, error_code, error_message };
  }
  return { status: undoing.otherwise, state, send: null, undo: null, ending: null, error_code, error_message };
}

/** The step of a visit: `query#2` is `query`. */
export function findStep(definition: AnyProcessDefinition, visited: string | null): AnyStep {
  const key = visited === null ? '' : stepKey(visited);
  const step = definition.steps.find((candidate) => candidate.key === key);
  if (step === undefined) throw new Error(`${definition.type} version ${definition.version} has no step "${key}".`);
  return step;
}

function nextKey(definition: AnyProcessDefinition, step: AnyStep): string | null {
  return definition.steps[definition.steps.indexOf(step) + 1]?.key ?? null;
}

function launcherKeys(state: Readonly<State>): State {
  const launched: State = {};
  for (const key of LAUNCHER_KEYS) if (key in state) launched[key] = state[key];
  return launched;
}
