// The router: the hook onTransitions. Reads the processes of a set, calls `advance`, writes states and next commands.
// A reply to the awaited command advances its process once; any other reply is recorded and ignored.

import type { Bus } from '../bus/bus.ts';
import type { CommandTransition, OutgoingCommand, TransitionCommand } from '../bus/handlers.ts';
import { sendCommands } from '../bus/insert.ts';
import { queuedReply } from '../bus/transitions.ts';
import type { Tx } from '../db/pool.ts';
import { insertEvents, type NewEvent, readCausesBeforeAdvanceFailed } from '../db/queries/events.ts';
import {
  appendCommandIds,
  lockProcesses,
  type ProcessChange,
  parkAwaitingProcesses,
  readProcesses,
  unparkAwaitingProcesses,
  updateIfAwaiting,
} from '../db/queries/processes.ts';
import { insertReplies, type NewReply } from '../db/queries/replies.ts';
import { PRIORITY } from '../model/command.ts';
import { describeError } from '../model/error-text.ts';
import { isProcessEnded, type ProcessRow, stepKey } from '../model/process.ts';
import { advance, type Decision, findStep, payloadOf } from './advance.ts';
import { type AnyProcessDefinition, deadlineOf, type ProcessRegistry } from './define.ts';

type OfProcess<T> = T & { command: TransitionCommand & { process_id: string } };
type Kind<K extends CommandTransition['kind']> = OfProcess<Extract<CommandTransition, { kind: K }>>;

/** The changes of one set, written once at the end. */
interface Plan {
  /** Processes advanced by a reply of the set; for any other reply the rows as read are outdated. */
  advanced: Set<string>;
  changes: ProcessChange[];
  /** Commands that no process waits for. */
  unawaited: { process_id: string; command_id: string }[];
  commands: OutgoingCommand[];
  events: NewEvent[];
  replies: NewReply[];
}

/** Creates the hook. `bus` is a function, because the bus is built with this hook. */
export function createRouter(processes: ProcessRegistry, bus: () => Bus) {
  return async (tx: Tx, transitions: readonly CommandTransition[]): Promise<ReadonlySet<string>> => {
    const ofProcesses = transitions.filter((t): t is OfProcess<CommandTransition> => t.command.process_id !== null);
    const first = ofProcesses[0];
    if (first === undefined) return new Set();
    const { lane } = first.command;
    const pick = <K extends CommandTransition['kind']>(kind: K) =>
      ofProcesses.filter((t): t is Kind<K> => t.kind === kind);

    const parked = pick('parked');
    const others = [...pick('replied'), ...pick('discarded')];
    // One order for the whole set: locking parked processes first could lock a lower id after a higher one.
    if (parked.length > 0 && others.length > 0)
      await lockProcesses(tx, lane, [...new Set([...parked, ...others].map(({ command }) => command.process_id))]);
    if (parked.length > 0) await parkAwaitingProcesses(tx, lane, parked.map(awaited));
    const unparked = pick('unparked');
    if (unparked.length > 0)
      await unparkAwaitingProcesses(
        tx,
        lane,
        unparked.map(({ command }) => command),
      );
    return routeReplies(bus(), tx, lane, processes, pick('replied'), pick('discarded'));
  };
}

function awaited({ command, error_code, error_message }: Kind<'parked'>) {
  return { process_id: command.process_id, command_id: command.command_id, error_code, error_message };
}

async function routeReplies(
  bus: Bus,
  tx: Tx,
  lane: number,
  processes: ProcessRegistry,
  replied: readonly Kind<'replied'>[],
  discarded: readonly Kind<'discarded'>[],
): Promise<ReadonlySet<string>> {
  if (replied.length + discarded.length === 0) return new Set();
  const ids = [...new Set([...replied, ...discarded].map(({ command }) => command.process_id))];
  const read = discarded.length === 0 ? readProcesses : lockProcesses;
  const rows = new Map((await restoreCauses(tx, await read(tx, lane, ids))).map((row) => [row.process_id, row]));
  const plan: Plan = { advanced: new Set(), changes: [], unawaited: [], commands: [], events: [], replies: [] };
  for (const transition of replied)
    planReply(bus, processes, rows.get(transition.command.process_id), transition, plan);
  for (const { command } of discarded) planLateEffect(bus, processes, rows.get(command.process_id), command, plan);
  await bus.env.probe('in_transition', plan);
  return writePlan(bus, tx, lane, plan);
}

/** A compensating process shows ADVANCE_FAILED after its code threw; this restores its original cause. */
async function restoreCauses(tx: Tx, rows: ProcessRow[]): Promise<ProcessRow[]> {
  const hidden = rows.filter(({ undo, error_code }) => undo !== null && error_code === 'ADVANCE_FAILED');
  if (hidden.length === 0) return rows;
  const causes = await readCausesBeforeAdvanceFailed(
    tx,
    hidden.map(({ process_id }) => process_id),
  );
  return rows.map((row) => ({ ...row, ...causes.get(row.process_id) }));
}

async function writePlan(bus: Bus, tx: Tx, lane: number, plan: Plan): Promise<ReadonlySet<string>> {
  const sent = await sendCommands(bus, tx, plan.commands);
  // Ordered by process id, because updates lock rows in their order.
  const ordered = plan.changes.toSorted((a, b) => (a.process_id < b.process_id ? -1 : 1));
  const changed = ordered.length === 0 ? 0 : await updateIfAwaiting(tx, lane, ordered);
  // Only a bug leads here: roll back the whole set rather than keep half of it.
  if (changed !== plan.changes.length)
    throw new Error(`${plan.changes.length - changed} processes changed under their replies.`);
  if (plan.unawaited.length > 0) await appendCommandIds(tx, lane, plan.unawaited);
  await insertEvents(tx, lane, plan.events);
  await insertReplies(tx, lane, plan.replies);
  return sent;
}

function planReply(
  bus: Bus,
  processes: ProcessRegistry,
  process: ProcessRow | undefined,
  transition: Kind<'replied'>,
  plan: Plan,
): void {
  const { command, reply, keep_effects } = transition;
  if (process === undefined) {
    plan.replies.push(parkedReply(bus, transition, 'no process has this id'));
    return;
  }
  if (process.awaiting_command_id !== command.command_id || plan.advanced.has(process.process_id)) {
    plan.events.push(ofCommand('REPLY_IGNORED', command, { outcome: reply.outcome, status: process.status }));
    return;
  }
  const definition = processes.find(process.process_type, process.version);
  if (definition === undefined) {
    const note = `${process.process_type} version ${process.version} is not registered in this service`;
    plan.replies.push(parkedReply(bus, transition, note));
    return;
  }
  plan.advanced.add(process.process_id);
  try {
    const decision = advance(definition, process, reply, { attempted: command.attempts > 0, keep_effects });
    apply(bus, definition, process, command, decision, plan);
  } catch (error) {
    planAdvanceFailed(bus, process, command, error, plan);
  }
}

function apply(
  bus: Bus,
  definition: AnyProcessDefinition,
  process: ProcessRow,
  command: TransitionCommand,
  decision: Decision,
  plan: Plan,
): void {
  const { send } = decision;
  const command_id = send === null ? null : bus.env.newId(process.lane, bus.lanes);
  if (send !== null && command_id !== null) {
    plan.commands.push(processCommand(definition, process, command, decision.state, { ...send, command_id }));
  }
  if (decision.status === 'COMPENSATING' && process.undo === null) {
    plan.events.push({
      type: 'PROCESS_COMPENSATING',
      process_id: process.process_id,
      batch_id: process.batch_id,
      reason: decision.error_code,
    });
  }
  plan.changes.push({
    process_id: process.process_id,
    replied_command_id: command.command_id,
    status: decision.status,
    current_step: send?.step ?? process.current_step,
    awaiting_command_id: command_id,
    state: decision.state,
    append_step: send?.purpose === 'step' ? send.step : null,
    undo: decision.undo,
    ending: decision.ending,
    error_code: decision.error_code,
    error_message: decision.error_message,
    keep_effects: decision.keep_effects ?? false,
  });
}

/** A command of a process, with the policy of the previous command. */
function processCommand(
  definition: AnyProcessDefinition,
  process: ProcessRow,
  before: TransitionCommand,
  state: Record<string, unknown>,
  send: { command_id: string; purpose: 'step' | 'compensation'; step: string; command: string; payload: object },
): OutgoingCommand {
  return {
    command_id: send.command_id,
    lane: process.lane,
    domain: definition.domain,
    type: send.command,
    purpose: send.purpose,
    priority: PRIORITY.next_step,
    payload: send.payload,
    policy: before.policy,
    delay_ms: 0,
    deadline: send.purpose === 'step' ? deadlineOf(findStep(definition, send.step)) : null,
    process_id: process.process_id,
    batch_id: process.batch_id,
    step: send.step,
    correlation_id: process.process_id,
    reply_to: null,
    ordinal: process.ordinal,
    state,
  };
}

/** The definition's own code threw: the command keeps its reply, and the process waits for an operator. */
function planAdvanceFailed(
  bus: Bus,
  process: ProcessRow,
  command: TransitionCommand,
  error: unknown,
  plan: Plan,
): void {
  const message = logThrown(bus, process, error);
  const { error_code, error_message } = process;
  plan.events.push(ofCommand('ADVANCE_FAILED', command, { message, error_code, error_message }));
  plan.changes.push({
    ...process,
    replied_command_id: command.command_id,
    status: 'WAITING_FOR_TSQ',
    // Unchanged in the database: the code that threw may have modified the object that was read.
    state: null,
    append_step: null,
    error_code: 'ADVANCE_FAILED',
    error_message: message,
  });
}

/** Logs what the code of a process threw; returns it as text that can be stored. */
function logThrown(bus: Bus, process: ProcessRow, error: unknown): string {
  const { process_id, current_step } = process;
  bus.env.logger.error({ err: error, process_id, step: current_step }, 'the code of a process threw');
  return describeError(error);
}

/**
 * A late attempt may have had its effect, whatever its outcome. If its process is compensating or has ended without
 * that step, the compensation of the step is sent again: compensations are idempotent, and no process waits for this
 * one. If the process keeps its effects, nothing is sent.
 */
function planLateEffect(
  bus: Bus,
  processes: ProcessRegistry,
  process: ProcessRow | undefined,
  command: TransitionCommand,
  plan: Plan,
): void {
  if (process === undefined || process.keep_effects || command.purpose !== 'step' || command.step === null) return;
  const ended = isProcessEnded(process.status) && process.status !== 'COMPLETED';
  const undone = process.undo !== null && process.path.indexOf(command.step) >= process.undo - 1;
  if (!ended && !undone) return;
  const definition = processes.find(process.process_type, process.version);
  const step = definition?.steps.find((candidate) => candidate.key === stepKey(command.step as string));
  if (definition === undefined || step?.compensate === undefined) return;
  try {
    const send = {
      command_id: bus.env.newId(process.lane, bus.lanes),
      purpose: 'compensation' as const,
      step: command.step,
      command: step.compensate.command,
      payload: payloadOf(step.compensate, process.state, process),
    };
    plan.commands.push(processCommand(definition, process, command, process.state, send));
    plan.unawaited.push({ process_id: process.process_id, command_id: send.command_id });
    plan.events.push(ofCommand('LATE_EFFECT_UNDONE', command, { compensation_id: send.command_id }));
  } catch (error) {
    // The process may have ended, so it cannot wait for an operator; the audit records that an effect may remain.
    plan.events.push(ofCommand('ADVANCE_FAILED', command, { message: logThrown(bus, process, error), late: true }));
  }
}

function parkedReply(bus: Bus, { command, reply, keep_effects }: Kind<'replied'>, note: string): NewReply {
  return { ...queuedReply(bus, command, reply, { queue: `${command.domain}__replies`, note }), keep_effects };
}

function ofCommand(type: NewEvent['type'], command: TransitionCommand, details: Record<string, unknown>): NewEvent {
  return {
    type,
    command_id: command.command_id,
    process_id: command.process_id,
    batch_id: command.batch_id,
    attempt: command.attempts,
    details,
  };
}
