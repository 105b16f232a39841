// The operator's verbs on commands of the troubleshooting queue: retry, cancel, complete. One command is a set of one.
// Each writes by one guarded statement, so of two operators one wins and the other is told (409).

import { asStored } from '../db/json.ts';
import { type Tx, withTx } from '../db/pool.ts';
import { type EventType, insertEvents, insertReplies } from '../db/queries/events.ts';
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
import { type Bus, notifyTransitions } from './bus.ts';
import type { CommandTransition, TransitionCommand } from './handlers.ts';
import { reopening } from './reopen.ts';
import { requestedReplies } from './settle.ts';

export interface Operator {
  /** Who did it; stands in the audit. */
  actor: string;
  reason?: string;
}

export interface VerbAnswer {
  command_id: string;
  status: CommandStatus;
}

/** PENDING again, with a fresh round of attempts. @throws NotFoundError, WrongStateError */
export function retryCommand(bus: Bus, command_id: string, operator: Operator): Promise<VerbAnswer> {
  return operateOne(bus, command_id, retryVerb(operator));
}

/** CANCELED: the requester is told CANCELED, a process undoes what it did. @throws NotFoundError, WrongStateError */
export function cancelCommand(
  bus: Bus,
  command_id: string,
  operator: Operator & { reason: string },
): Promise<VerbAnswer> {
  return operateOne(bus, command_id, cancelVerb(operator));
}

/** COMPLETED: the requester is told SUCCESS with `result`, as if the handler had returned it. @throws NotFoundError, WrongStateError */
export function completeCommand(
  bus: Bus,
  command_id: string,
  operator: Operator,
  result?: unknown,
): Promise<VerbAnswer> {
  return operateOne(bus, command_id, completeVerb(operator, result));
}

/** What an operator wants done, to one command or to many. */
export interface Verb {
  type: EventType;
  operator: Operator;
  guard(tx: Tx, lane: number, set: OperatedSet): Promise<OperatedCommand[]>;
  transition(command: TransitionCommand): CommandTransition;
  /** The reply for a process whose own code threw: its command is done and stays so. */
  redrive(command: OperatedCommand): Reply;
  /** What the audit of a reply driven again must tell beside, because no row shows it. */
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

export function cancelVerb(operator: Operator & { reason: string }): Verb {
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
  /** As they are now. */
  done: OperatedCommand[];
  /** Why nothing was done, by id. */
  refused: Map<string, FaultlineError>;
  /** Topics to wake once the transaction has committed. */
  wakeUps: ReadonlySet<string>;
}

/**
 * Does a verb to commands of one lane; each is either done, with all that follows, their batches reopened included, or refused. `details` go
 * into the audit.
 */
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
  const transitions = parked.map((command) => verb.transition(toTransitionCommand(command)));
  await insertEvents(tx, lane, [
    ...parked.map((command) => operatorEvent(verb, command, details)),
    ...redriven.map((command) => operatorEvent(verb, command, { ...details, ...verb.given, redriven: true })),
  ]);
  await insertReplies(tx, lane, requestedReplies(bus, transitions));
  const sent = await notifyTransitions(bus, tx, [
    ...transitions,
    ...redriven.map((command) => ({
      kind: 'replied' as const,
      command: toTransitionCommand(command),
      reply: verb.redrive(command),
    })),
  ]);
  const done = [...parked, ...redriven];
  const refused = refusals(set.ids, locked, done);
  return { done, refused, wakeUps: new Set([...sent, ...done.map((command) => command.domain)]) };
}

/**
 * Of what was not parked, the commands of processes whose code threw on their reply. The processes of the whole set are locked for
 * that, in one order: the others are about to be changed too.
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
    return new WrongStateError('The command came to the troubleshooting queue again after this began.');
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

/** The reply a settled command gave, from its row. */
function storedReply(command: OperatedCommand): Reply {
  const outcome = REPLY_OF_STATUS[command.status] ?? 'SUCCESS';
  return { outcome, result: command.result, error_code: command.error_code, error_message: command.error_message };
}

export function toTransitionCommand(command: OperatedCommand): TransitionCommand {
  const {
    max_attempts,
    backoff_ms,
    jitter_pct,
    lease_ms,
    status: _status,
    result: _result,
    error_code: _c,
    error_message: _m,
    ...rest
  } = command;
  return { ...rest, policy: { max_attempts, backoff_ms, jitter_pct, lease_ms } };
}
