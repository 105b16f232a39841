// Terminating commands before they are settled: cancelled by an operator or their sender, or overdue.
// One guarded statement decides, so exactly one of several terminations and settles wins. The attempt in progress ends
// with the command.

import type { Tx } from '../db/pool.ts';
import { type EventType, insertEvents } from '../db/queries/events.ts';
import { insertReplies } from '../db/queries/replies.ts';
import {
  type TerminatedCommand,
  type TerminateLine,
  terminateIfLive,
  terminateIfOpen,
} from '../db/queries/terminate.ts';
import { lockAdvanceFailed, lockCommand, type OperatedCommand } from '../db/queries/troubleshooting.ts';
import { type CommandStatus, errorGroup, isInternal, type ParkReason } from '../model/command.ts';
import { orNotFound, WrongStateError } from '../model/errors.ts';
import type { Bus } from './bus.ts';
import type { CommandTransition } from './handlers.ts';
import type { CancelingOperator } from './operator.ts';
import { notifyTransitions, requestedReplies, transitionCommand } from './transitions.ts';

/** What a command becomes, and what the audit records. */
export interface Termination extends Pick<TerminateLine, 'status' | 'effect' | 'error_code' | 'error_message'> {
  reason: ParkReason | null;
  /** Its process ends at once without compensation. */
  keep_effects?: boolean;
  event: { type: EventType; actor?: string; reason?: string; details?: Record<string, unknown> };
}

export interface TerminateItem {
  command_id: string;
  termination: Termination;
}

export interface TerminatedSet {
  commands: TerminatedCommand[];
  /** Topics to wake once the transaction has committed. */
  wakeUps: ReadonlySet<string>;
}

/** The topic that tells workers that commands they may be executing were terminated. */
export function terminationTopic(worker_id: string): string {
  return `cancel:${worker_id}`;
}

/**
 * Terminates commands of one lane that are pending or in progress, with `open` also those in the troubleshooting queue
 * (inside `reopening`). Others stay as they are.
 */
export async function terminateCommands(
  bus: Bus,
  tx: Tx,
  lane: number,
  items: readonly TerminateItem[],
  which: 'live' | 'open',
): Promise<TerminatedSet> {
  if (items.length === 0) return { commands: [], wakeUps: new Set() };
  const ordered = items.toSorted((a, b) => (a.command_id < b.command_id ? -1 : 1));
  const statement = which === 'live' ? terminateIfLive : terminateIfOpen;
  const commands = await statement(tx, lane, ordered.map(terminateLine));
  const byId = new Map(items.map(({ command_id, termination }) => [command_id, termination]));
  const terminated = commands.map((command) => ({
    command,
    termination: byId.get(command.command_id) as Termination,
  }));
  await insertEvents(
    tx,
    lane,
    terminated.map(({ command: { command_id, process_id, batch_id, attempts }, termination }) => ({
      ...termination.event,
      command_id,
      process_id,
      batch_id,
      attempt: attempts === 0 ? null : attempts,
    })),
  );
  const transitions = terminated.map(({ command, termination }) => transitionOf(command, termination));
  await insertReplies(tx, lane, requestedReplies(bus, transitions));
  const sent = await notifyTransitions(bus, tx, transitions);
  const workers = commands.flatMap(({ worker_id }) => (worker_id === null ? [] : [terminationTopic(worker_id)]));
  return { commands, wakeUps: new Set([...sent, ...workers]) };
}

function terminateLine({ command_id, termination }: TerminateItem): TerminateLine {
  const { status, effect, reason, error_code, error_message } = termination;
  const error_group = effect === 'TSQ' ? errorGroup(error_code, error_message) : null;
  return { command_id, status, effect, reason, error_code, error_message, error_group };
}

function transitionOf(terminated: OperatedCommand, termination: Termination): CommandTransition {
  const command = transitionCommand(terminated);
  const { effect, error_code, error_message, keep_effects } = termination;
  if (effect === 'TSQ') return { kind: 'parked', command, error_code, error_message };
  const outcome = effect === 'CANCELED' ? 'CANCELED' : 'FAILED';
  return { kind: 'replied', command, reply: { outcome, error_code, error_message }, keep_effects };
}

/** The outcome when an operator cancels. */
export function operatorTermination(
  { actor, reason }: CancelingOperator,
  { keep_effects = false, ...details }: { keep_effects?: boolean; whole_process?: true } = {},
): Termination {
  return {
    status: 'CANCELED',
    effect: 'CANCELED',
    reason: null,
    error_code: 'OPERATOR_CANCELED',
    error_message: reason,
    keep_effects,
    event: { type: 'OPERATOR_CANCEL', actor, reason, details: keep_effects ? { ...details, keep_effects } : details },
  };
}

/**
 * Cancels the process of a settled command when its own code threw on the reply: the process receives CANCELED in place
 * of that reply.
 * The command stays as it is. @throws NotFoundError, WrongStateError
 */
export async function redriveCanceled(
  bus: Bus,
  tx: Tx,
  command_id: string,
  termination: Termination,
): Promise<{ status: CommandStatus; wakeUps: ReadonlySet<string> }> {
  const command = orNotFound(await lockCommand(tx, command_id), 'command', command_id);
  const { lane, process_id, batch_id, attempts, purpose, status } = command;
  if (isInternal(purpose)) throw new WrongStateError(`The command is internal (${purpose}).`);
  if (process_id === null || !(await lockAdvanceFailed(tx, lane, [process_id])).has(command_id))
    throw new WrongStateError(`The command is ${status}.`);
  const { event } = termination;
  const details = { ...event.details, redriven: true };
  await insertEvents(tx, lane, [{ ...event, details, command_id, process_id, batch_id, attempt: attempts }]);
  return { status, wakeUps: await notifyTransitions(bus, tx, [transitionOf(command, termination)]) };
}
