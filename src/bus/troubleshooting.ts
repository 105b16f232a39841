// The operator's verbs on one command of the troubleshooting queue: retry, cancel, complete.
// Each begins with one guarded statement, so of two operators one wins and the other is told (409).

import { type Tx, withTx } from '../db/pool.ts';
import { type EventType, insertEvents, insertReplies } from '../db/queries/events.ts';
import {
  cancelIfParked,
  completeIfParked,
  lockAdvanceFailed,
  lockCommand,
  type OperatedCommand,
  readCommandStatus,
  retryIfParked,
} from '../db/queries/troubleshooting.ts';
import type { CommandStatus, Reply } from '../model/command.ts';
import { laneOf } from '../model/env.ts';
import { NotFoundError, WrongStateError } from '../model/errors.ts';
import { type Bus, tellTransitions } from './bus.ts';
import type { CommandTransition, TransitionCommand } from './handlers.ts';
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
  return operate(bus, command_id, {
    type: 'OPERATOR_RETRY',
    operator,
    guard: (tx, lane) => retryIfParked(tx, lane, command_id),
    transition: (command) => ({ kind: 'unparked', command }),
    redrive: storedReply,
  });
}

/** CANCELED: the requester is told CANCELED, a process undoes what it did. @throws NotFoundError, WrongStateError */
export function cancelCommand(
  bus: Bus,
  command_id: string,
  operator: Operator & { reason: string },
): Promise<VerbAnswer> {
  const reply: Reply = { outcome: 'CANCELED', error_code: 'OPERATOR_CANCELED', error_message: operator.reason };
  return operate(bus, command_id, {
    type: 'OPERATOR_CANCEL',
    operator,
    guard: (tx, lane) => cancelIfParked(tx, lane, command_id, reply),
    transition: (command) => ({ kind: 'replied', command, reply }),
    redrive: () => reply,
  });
}

/** COMPLETED: the requester is told SUCCESS with `result`, as if the handler had returned it. @throws NotFoundError, WrongStateError */
export function completeCommand(
  bus: Bus,
  command_id: string,
  operator: Operator,
  result?: unknown,
): Promise<VerbAnswer> {
  const reply: Reply = { outcome: 'SUCCESS', result: result ?? null };
  return operate(bus, command_id, {
    type: 'OPERATOR_COMPLETE',
    operator,
    guard: (tx, lane) => completeIfParked(tx, lane, command_id, result),
    transition: (command) => ({ kind: 'replied', command, reply }),
    redrive: (command) => (result === undefined ? storedReply(command) : reply),
  });
}

interface Verb {
  type: EventType;
  operator: Operator;
  guard(tx: Tx, lane: number): Promise<OperatedCommand | null>;
  transition(command: TransitionCommand): CommandTransition;
  /** The reply for a process whose own code threw: its command is done and stays so. */
  redrive(command: OperatedCommand): Reply;
}

async function operate(bus: Bus, command_id: string, verb: Verb): Promise<VerbAnswer> {
  const lane = laneOf(command_id, bus.lanes);
  const { command, hinted } = await withTx(bus.pool, async (tx) => {
    const parked = await verb.guard(tx, lane);
    const command = parked ?? (await lockRedrivable(tx, lane, command_id));
    const operated = toTransitionCommand(command);
    const transition: CommandTransition =
      parked === null
        ? { kind: 'replied', command: operated, reply: verb.redrive(command) }
        : verb.transition(operated);
    await insertEvents(tx, lane, [
      {
        type: verb.type,
        command_id,
        process_id: command.process_id,
        batch_id: command.batch_id,
        attempt: command.attempts,
        actor: verb.operator.actor,
        reason: verb.operator.reason ?? null,
        details: parked === null ? { redriven: true } : null,
      },
    ]);
    if (parked !== null) await insertReplies(tx, lane, requestedReplies(bus, [transition]));
    const sent = await tellTransitions(bus, tx, [transition]);
    await bus.env.probe('in_operator_verb', command);
    return { command, hinted: new Set([...sent, command.domain]) };
  });
  for (const domain of hinted) bus.hints.hint(domain);
  return { command_id, status: command.status };
}

/** The command of a process whose code threw on its reply. */
async function lockRedrivable(tx: Tx, lane: number, command_id: string): Promise<OperatedCommand> {
  const command = await lockCommand(tx, command_id);
  if (command === null) throw new NotFoundError('command', command_id);
  if (command.process_id !== null && (await lockAdvanceFailed(tx, lane, command.process_id, command_id)))
    return command;
  const status = await readCommandStatus(tx, command_id);
  throw new WrongStateError(`The command is ${status}, not in the troubleshooting queue.`);
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
