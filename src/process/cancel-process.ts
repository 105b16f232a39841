// The operator's verbs on one process: cancel, with or without undoing what it did; retry and complete what it waits for.
// Each acts through the command that the process awaits, under that command's lock: of a verb and a reply, one wins.

import type { Bus } from '../bus/bus.ts';
import { reopening } from '../bus/reopen.ts';
import { operatorTermination, redriveCanceled, terminateOpenCommands } from '../bus/terminate.ts';
import { completeCommand, type Operator, retryCommand } from '../bus/troubleshooting.ts';
import { type Tx, withTx } from '../db/pool.ts';
import { lockProcesses, readProcesses } from '../db/queries/processes.ts';
import { lockCommand } from '../db/queries/troubleshooting.ts';
import { NotFoundError, WrongStateError } from '../model/errors.ts';
import { laneOf } from '../model/ids.ts';
import type { ProcessRow, ProcessStatus } from '../model/process.ts';

export interface ProcessVerbAnswer {
  process_id: string;
  status: ProcessStatus;
}

/** A process may go on while it is being looked at; one that goes on so often is not stopped by asking again. */
const MAX_LOOKS = 20;

/**
 * CANCELED: the command it awaits is cancelled, wherever that is, and nothing more is sent forward. With `compensate` it undoes what
 * it did, newest first; without, it ends at once and what was done stays.
 * @throws NotFoundError, WrongStateError when it has ended, or is being undone
 */
export async function cancelProcess(
  bus: Bus,
  process_id: string,
  operator: Operator & { reason: string },
  { compensate }: { compensate: boolean },
): Promise<ProcessVerbAnswer> {
  const lane = laneOf(process_id, bus.lanes);
  for (let look = 0; look < MAX_LOOKS; look++) {
    const seen = await readCancellable(bus, lane, process_id);
    const wakeUps = await withTx(bus.pool, (tx) =>
      reopening(tx, lane, [seen.awaiting_command_id], () => cancelIfAwaiting(bus, tx, seen, operator, compensate)),
    );
    if (wakeUps === null) continue;
    bus.notifier.wake(wakeUps);
    return answer(bus, process_id);
  }
  throw new WrongStateError('The process went on each time it was to be cancelled; try again.');
}

/** Its awaited command PENDING again, or the reply that its code threw on driven again. @throws NotFoundError, WrongStateError */
export async function retryProcess(bus: Bus, process_id: string, operator: Operator): Promise<ProcessVerbAnswer> {
  await retryCommand(bus, await readParkedCommand(bus, process_id), operator);
  return answer(bus, process_id);
}

/** Its awaited command COMPLETED with `result`, as if the handler had returned it. @throws NotFoundError, WrongStateError */
export async function completeProcess(
  bus: Bus,
  process_id: string,
  operator: Operator,
  result?: unknown,
): Promise<ProcessVerbAnswer> {
  await completeCommand(bus, await readParkedCommand(bus, process_id), operator, result);
  return answer(bus, process_id);
}

type Awaiting = ProcessRow & { awaiting_command_id: string };

/** Null when the process went on since it was seen. */
async function cancelIfAwaiting(
  bus: Bus,
  tx: Tx,
  { process_id, lane, awaiting_command_id: command_id }: Awaiting,
  operator: Operator & { reason: string },
  compensate: boolean,
): Promise<ReadonlySet<string> | null> {
  const command = await lockCommand(tx, command_id);
  const [process] = await lockProcesses(tx, lane, [process_id]);
  if (command === null || process?.awaiting_command_id !== command_id) return null;
  const cut = operatorTermination(operator, { whole_process: true, keep_effects: !compensate });
  const { commands, wakeUps } = await terminateOpenCommands(bus, tx, lane, [{ command_id, cut }]);
  if (commands.length === 0 && process.error_code !== 'ADVANCE_FAILED')
    throw new WrongStateError(
      'The reply it waits for is kept for a service that knows this version of it; try again then.',
    );
  const done = commands.length > 0 ? { wakeUps } : await redriveCanceled(bus, tx, command_id, cut);
  await bus.env.probe('in_cancel', { process_id, command_id });
  return done.wakeUps;
}

async function readCancellable(bus: Bus, lane: number, process_id: string): Promise<Awaiting> {
  const process = await readOne(bus, lane, process_id);
  if (process.awaiting_command_id === null) throw new WrongStateError(`The process is ${process.status}.`);
  if (process.undo !== null)
    throw new WrongStateError(
      `The process is ${process.status} and already undoes what it did; it cannot be cancelled.`,
    );
  return process as Awaiting;
}

async function readParkedCommand(bus: Bus, process_id: string): Promise<string> {
  const { status, awaiting_command_id } = await readOne(bus, laneOf(process_id, bus.lanes), process_id);
  if (status !== 'WAITING_FOR_TSQ' || awaiting_command_id === null)
    throw new WrongStateError(`The process is ${status}; it does not wait for an operator.`);
  return awaiting_command_id;
}

async function readOne(bus: Bus, lane: number, process_id: string): Promise<ProcessRow> {
  const [process] = await withTx(bus.pool, (tx) => readProcesses(tx, lane, [process_id]));
  if (process === undefined) throw new NotFoundError('process', process_id);
  return process;
}

async function answer(bus: Bus, process_id: string): Promise<ProcessVerbAnswer> {
  const { status } = await readOne(bus, laneOf(process_id, bus.lanes), process_id);
  return { process_id, status };
}
