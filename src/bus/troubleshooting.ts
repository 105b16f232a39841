// The operator's verbs on commands: retry, cancel, complete.
// Each writes by one guarded statement, so one of two operators wins and the other gets WRONG_STATE.

import { asStored } from '../db/json.ts';
import { wakeOnCommit } from '../db/notifier.ts';
import { type Tx, withTx } from '../db/pool.ts';
import { type EventType, insertEvents } from '../db/queries/events.ts';
import { insertReplies } from '../db/queries/replies.ts';
import {
  cancelIfParked,
  completeIfParked,
  lockAdvanceFailed,
  lockCommands,
  type OperatedCommand,
  type OperatedSet,
  retryIfParked,
} from '../db/queries/troubleshooting.ts';
import type { CommandStatus, Reply } from '../model/command.ts';
import { type FaultlineError, NotFoundError, WrongStateError } from '../model/errors.ts';
import { laneOf } from '../model/ids.ts';
import type { Bus } from './bus.ts';
import type { CommandTransition, TransitionCommand } from './handlers.ts';
import type { CancelingOperator, Operator } from './operator.ts';
import { reopening } from './reopen.ts';
import { operatorTermination, redriveCanceled, terminateCommands } from './terminate.ts';
import { notifyTransitions, requestedReplies, transitionCommand } from './transitions.ts';

export interface VerbAnswer {
  command_id: string;
  status: CommandStatus;
}

/**
 * Makes a command PENDING again, with a new round of attempts.
 * @throws NotFoundError, WrongStateError unless it is parked
 */
export function retryCommand(bus: Bus, command_id: string, operator: Operator): Promise<VerbAnswer> {
  return operateOne(bus, command_id, retryVerb(operator));
}

/**
 * Cancels a command that is not settled: pending, in progress (its handler's signal aborts) or parked. Its requester
 * receives CANCELED, and a process compensates. With `tx`, runs in the caller's transaction.
 * @throws NotFoundError, WrongStateError
 */
export async function cancelCommand(
  bus: Bus,
  command_id: string,
  operator: CancelingOperator,
  { tx }: { tx?: Tx } = {},
): Promise<VerbAnswer> {
  const lane = laneOf(command_id, bus.lanes);
  const termination = operatorTermination(operator);
  const cancel = async (tx: Tx) => {
    const done = await reopening(tx, lane, [command_id], async () => {
      const { commands, wakeUps } = await terminateCommands(bus, tx, lane, [{ command_id, termination }], 'open');
      const [command] = commands;
      return command === undefined ? redriveCanceled(bus, tx, command_id, termination) : { ...command, wakeUps };
    });
    await bus.env.probe('in_operator_verb', { command_id, ...done });
    return done;
  };
  const { status, wakeUps } = await (tx === undefined ? withTx(bus.pool, cancel) : cancel(tx));
  if (tx === undefined) bus.notifier.wake(wakeUps);
  else await wakeOnCommit(tx, wakeUps);
  return { command_id, status };
}

/**
 * Completes a command with `result`, as if the handler had returned it.
 * @throws NotFoundError, WrongStateError unless it is parked
 */
export function completeCommand(
  bus: Bus,
  command_id: string,
  operator: Operator,
  result?: unknown,
): Promise<VerbAnswer> {
  return operateOne(bus, command_id, completeVerb(operator, result));
}

/** A verb on parked commands: of one command, or of a job. */
export interface Verb {
  type: EventType;
  operator: Operator;
  guard(tx: Tx, lane: number, set: OperatedSet): Promise<OperatedCommand[]>;
  transition(command: TransitionCommand): CommandTransition;
  /** The reply for a process whose own code threw; its command stays settled. */
  redrive(command: OperatedCommand): Reply;
  /** Recorded in the audit of a redriven reply, because no row shows it. */
  given?: Record<string, unknown>;
}

export function retryVerb(operator: Operator): Verb {
  return {
    type: 'OPERATOR_RETRY',
    operator,
    guard: retryIfParked,
    transition: (command) => ({ kind: 'unparked', command }),
    redrive: storedReply,
  };
}

export function cancelVerb(operator: CancelingOperator): Verb {
  const reply: Reply = { outcome: 'CANCELED', error_code: 'OPERATOR_CANCELED', error_message: operator.reason };
  return {
    type: 'OPERATOR_CANCEL',
    operator,
    guard: (tx, lane, set) => cancelIfParked(tx, lane, set, reply),
    transition: (command) => ({ kind: 'replied', command, reply }),
    redrive: () => reply,
  };
}

export function completeVerb(operator: Operator, result?: unknown): Verb {
  const reply: Reply = { outcome: 'SUCCESS', result: asStored(result) };
  return {
    type: 'OPERATOR_COMPLETE',
    operator,
    guard: (tx, lane, set) => completeIfParked(tx, lane, set, result),
    transition: (command) => ({ kind: 'replied', command, reply }),
    redrive: (command) => (result === undefined ? storedReply(command) : reply),
    ...(result !== undefined && { given: { result } }),
  };
}

async function operateOne(bus: Bus, command_id: string, verb: Verb): Promise<VerbAnswer> {
  const { done, wakeUps } = await withTx(bus.pool, async (tx) => {
    const set = { ids: [command_id], parked_until_us: null };
    const { done, refused, wakeUps } = await operateSet(bus, tx, laneOf(command_id, bus.lanes), verb, set);
    const [refusal] = refused.values();
    if (refusal !== undefined) throw refusal;
    await bus.env.probe('in_operator_verb', done[0]);
    return { done, wakeUps };
  });
  bus.notifier.wake(wakeUps);
  return { command_id, status: (done[0] as OperatedCommand).status };
}

export interface Operated {
  /** With their new state. */
  done: OperatedCommand[];
  /** The reasons why commands were refused, by id. */
  refused: Map<string, FaultlineError>;
  /** Topics to wake once the transaction has committed. */
  wakeUps: ReadonlySet<string>;
}

/** Applies a verb to commands of one lane, each with all consequences, or refuses it. `details` go into the audit. */
export function operateSet(
  bus: Bus,
  tx: Tx,
  lane: number,
  verb: Verb,
  set: OperatedSet,
  details: Record<string, unknown> | null = null,
): Promise<Operated> {
  return reopening(tx, lane, set.ids, () => operateLocked(bus, tx, lane, verb, set, details));
}

async function operateLocked(
  bus: Bus,
  tx: Tx,
  lane: number,
  verb: Verb,
  set: OperatedSet,
  details: Record<string, unknown> | null,
): Promise<Operated> {
  const locked = await lockCommands(tx, lane, set.ids);
  const parked = await verb.guard(tx, lane, set);
  const redriven = await lockRedrivable(tx, lane, set, locked, parked);
  const transitions = parked.map((command) => verb.transition(transitionCommand(command)));
  await insertEvents(tx, lane, [
    ...parked.map((command) => operatorEvent(verb, command, details)),
    ...redriven.map((command) => operatorEvent(verb, command, { ...details, ...verb.given, redriven: true })),
  ]);
  await insertReplies(tx, lane, requestedReplies(bus, transitions));
  const sent = await notifyTransitions(bus, tx, [
    ...transitions,
    ...redriven.map((command) => ({
      kind: 'replied' as const,
      command: transitionCommand(command),
      reply: verb.redrive(command),
    })),
  ]);
  const done = [...parked, ...redriven];
  const refused = refusals(set.ids, locked, done);
  return { done, refused, wakeUps: new Set([...sent, ...done.map((command) => command.domain)]) };
}

/**
 * The settled commands of processes whose code threw on their reply. Locks the processes of the whole set in one order,
 * because the others are about to change too.
 */
async function lockRedrivable(
  tx: Tx,
  lane: number,
  { parked_until_us }: OperatedSet,
  locked: readonly OperatedCommand[],
  parked: readonly OperatedCommand[],
): Promise<OperatedCommand[]> {
  const taken = new Set(parked.map((command) => command.command_id));
  const others = locked.filter((command) => !taken.has(command.command_id) && command.process_id !== null);
  if (others.length === 0) return [];
  const process_ids = locked.flatMap(({ process_id }) => process_id ?? []);
  const failed = await lockAdvanceFailed(tx, lane, process_ids, parked_until_us);
  return others.filter((command) => failed.has(command.command_id));
}

function refusals(
  ids: readonly string[],
  locked: readonly OperatedCommand[],
  done: readonly OperatedCommand[],
): Map<string, FaultlineError> {
  const found = new Map(locked.map((command) => [command.command_id, command]));
  const did = new Set(done.map((command) => command.command_id));
  return new Map(ids.filter((id) => !did.has(id)).map((id) => [id, refusal(id, found.get(id))]));
}

function refusal(command_id: string, command: OperatedCommand | undefined): FaultlineError {
  if (command === undefined) return new NotFoundError('command', command_id);
  if (command.status === 'IN_TROUBLESHOOTING_QUEUE')
    return new WrongStateError('The command was parked again after this began.');
  return new WrongStateError(`The command is ${command.status}, not in the troubleshooting queue.`);
}

function operatorEvent({ type, operator }: Verb, command: OperatedCommand, details: Record<string, unknown> | null) {
  const { command_id, process_id, batch_id, attempts } = command;
  const { actor, reason = null } = operator;
  return { type, command_id, process_id, batch_id, attempt: attempts, actor, reason, details };
}

const REPLY_OF_STATUS: Partial<Record<CommandStatus, Reply['outcome']>> = {
  COMPLETED: 'SUCCESS',
  FAILED: 'FAILED',
  CANCELED: 'CANCELED',
};

/** The reply of a settled command, from its row. */
function storedReply(command: OperatedCommand): Reply {
  const outcome = REPLY_OF_STATUS[command.status] ?? 'SUCCESS';
  return { outcome, result: command.result, error_code: command.error_code, error_message: command.error_message };
}
