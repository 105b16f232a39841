// Terminating commands before they are settled: cancelled by an operator or their sender, or ended by a deadline.
// One guarded statement decides, so of a cut and a settle, or of two cuts, one wins; the attempt under way ends with the command.

import { wakeOnCommit } from '../db/notifier.ts';
import { type Tx, withTx } from '../db/pool.ts';
import { type EventType, insertEvents, insertReplies } from '../db/queries/events.ts';
import {
  type TerminatedCommand,
  type TerminateLine,
  terminateIfLive,
  terminateIfOpen,
} from '../db/queries/terminate.ts';
import { lockAdvanceFailed, lockCommand, type OperatedCommand } from '../db/queries/troubleshooting.ts';
import { type CommandStatus, errorGroup, type ParkReason, type Reply } from '../model/command.ts';
import { NotFoundError, WrongStateError } from '../model/errors.ts';
import { laneOf } from '../model/ids.ts';
import { type Bus, notifyTransitions } from './bus.ts';
import type { CommandTransition } from './handlers.ts';
import { reopening } from './reopen.ts';
import { requestedReplies } from './settle.ts';
import { type Operator, toTransitionCommand, type VerbAnswer } from './troubleshooting.ts';

/** What a command becomes, and what is told of it. */
export interface Termination extends Pick<TerminateLine, 'status' | 'effect' | 'error_code' | 'error_message'> {
  reason: ParkReason | null;
  /** Its process ends at once and undoes nothing. */
  keep_effects?: boolean;
  event: { type: EventType; actor?: string; reason?: string; details?: Record<string, unknown> };
}

export interface TerminateItem {
  command_id: string;
  cut: Termination;
}

export interface TerminatedSet {
  commands: TerminatedCommand[];
  /** Topics to wake once the transaction has committed. */
  wakeUps: ReadonlySet<string>;
}

/** What a worker listens to, to learn that commands it may be executing were terminated. */
export function terminationTopic(worker_id: string): string {
  return `cancel:${worker_id}`;
}

/** Cuts what waits for a worker or is under way, of commands of one lane; the others stay as they are. */
export function terminateLiveCommands(
  bus: Bus,
  tx: Tx,
  lane: number,
  items: readonly TerminateItem[],
): Promise<TerminatedSet> {
  return terminateSet(bus, tx, lane, items, terminateIfLive);
}

/** The same, and what waits in the troubleshooting queue: within `reopening`. */
export function terminateOpenCommands(
  bus: Bus,
  tx: Tx,
  lane: number,
  items: readonly TerminateItem[],
): Promise<TerminatedSet> {
  return terminateSet(bus, tx, lane, items, terminateIfOpen);
}

async function terminateSet(
  bus: Bus,
  tx: Tx,
  lane: number,
  items: readonly TerminateItem[],
  statement: typeof terminateIfLive,
): Promise<TerminatedSet> {
  if (items.length === 0) return { commands: [], wakeUps: new Set() };
  const ordered = items.toSorted((a, b) => (a.command_id < b.command_id ? -1 : 1));
  const commands = await statement(tx, lane, ordered.map(terminateLine));
  const terminationOf = new Map(items.map(({ command_id, cut }) => [command_id, cut]));
  const cuts = commands.map((command) => ({ command, cut: terminationOf.get(command.command_id) as Termination }));
  await insertEvents(
    tx,
    lane,
    cuts.map(({ command: { command_id, process_id, batch_id, attempts }, cut }) => ({
      ...cut.event,
      command_id,
      process_id,
      batch_id,
      attempt: attempts === 0 ? null : attempts,
    })),
  );
  const transitions = cuts.map(({ command, cut }) => transitionOf(command, cut));
  await insertReplies(tx, lane, requestedReplies(bus, transitions));
  const sent = await notifyTransitions(bus, tx, transitions);
  const workers = commands.flatMap(({ worker_id }) => (worker_id === null ? [] : [terminationTopic(worker_id)]));
  return { commands, wakeUps: new Set([...sent, ...workers]) };
}

function terminateLine({ command_id, cut }: TerminateItem): TerminateLine {
  const { status, effect, reason, error_code, error_message } = cut;
  const error_group = effect === 'TSQ' ? errorGroup(error_code, error_message) : null;
  return { command_id, status, effect, reason, error_code, error_message, error_group };
}

function transitionOf(terminatedCommand: OperatedCommand, cut: Termination): CommandTransition {
  const command = toTransitionCommand(terminatedCommand);
  const { error_code, error_message, keep_effects } = cut;
  if (cut.effect === 'TSQ') return { kind: 'parked', command, error_code, error_message };
  return { kind: 'replied', command, reply: replyOf(cut), keep_effects };
}

function replyOf({ effect, error_code, error_message }: Termination): Reply {
  return { outcome: effect === 'CANCELED' ? 'CANCELED' : 'FAILED', error_code, error_message };
}

/** CANCELED by an operator, for this reason. */
export function operatorTermination(
  operator: Operator & { reason: string },
  { keep_effects = false, ...details }: { keep_effects?: boolean; whole_process?: true } = {},
): Termination {
  return {
    status: 'CANCELED',
    effect: 'CANCELED',
    reason: null,
    error_code: 'OPERATOR_CANCELED',
    error_message: operator.reason,
    keep_effects,
    event: {
      type: 'OPERATOR_CANCEL',
      actor: operator.actor,
      reason: operator.reason,
      details: keep_effects ? { ...details, keep_effects } : details,
    },
  };
}

/**
 * CANCELED, wherever it is before it is settled: waiting, under way (its handler's signal aborts) or in the troubleshooting queue.
 * Its requester is told CANCELED, a process undoes what it did. With `tx` in the caller's transaction.
 * @throws NotFoundError, WrongStateError
 */
export async function cancelLiveCommand(
  bus: Bus,
  command_id: string,
  operator: Operator & { reason: string },
  { tx }: { tx?: Tx } = {},
): Promise<VerbAnswer> {
  const lane = laneOf(command_id, bus.lanes);
  const cancel = async (tx: Tx) => {
    const cut = operatorTermination(operator);
    const done = await reopening(tx, lane, [command_id], async () => {
      const { commands, wakeUps } = await terminateOpenCommands(bus, tx, lane, [{ command_id, cut }]);
      const [command] = commands;
      return command ? { status: command.status, wakeUps } : redriveCanceled(bus, tx, command_id, cut);
    });
    await bus.env.probe('in_cancel', { command_id });
    return done;
  };
  if (tx !== undefined) {
    const { status, wakeUps } = await cancel(tx);
    await wakeOnCommit(tx, wakeUps);
    return { command_id, status };
  }
  const { status, wakeUps } = await withTx(bus.pool, cancel);
  bus.notifier.wake(wakeUps);
  return { command_id, status };
}

/**
 * A settled command stays as it is. But where its process waits for an operator, because its own code threw on the reply,
 * the process is told CANCELED in place of that reply.
 * @throws NotFoundError, WrongStateError
 */
export async function redriveCanceled(
  bus: Bus,
  tx: Tx,
  command_id: string,
  cut: Termination,
): Promise<{ status: CommandStatus; wakeUps: ReadonlySet<string> }> {
  const command = await lockCommand(tx, command_id);
  if (command === null) throw new NotFoundError('command', command_id);
  const { lane, process_id, batch_id, attempts, purpose, status } = command;
  if (purpose === 'chunk' || purpose === 'job')
    throw new WrongStateError(`The command is Faultline's own (${purpose}).`);
  if (process_id === null || !(await lockAdvanceFailed(tx, lane, [process_id])).has(command_id))
    throw new WrongStateError(`The command is ${status}.`);
  const details = { ...cut.event.details, redriven: true };
  await insertEvents(tx, lane, [{ ...cut.event, details, command_id, process_id, batch_id, attempt: attempts }]);
  return { status, wakeUps: await notifyTransitions(bus, tx, [transitionOf(command, cut)]) };
}
