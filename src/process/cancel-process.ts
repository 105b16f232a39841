// The operator's verbs on one process: cancel it, with or without compensation; retry or complete its awaited command.
// Each acts on the awaited command, under its lock, so either the verb or a reply wins.

import type { Bus } from '../bus/bus.ts';
import type { CancelingOperator, Operator } from '../bus/operator.ts';
import { reopening } from '../bus/reopen.ts';
import { operatorTermination, redriveCanceled, terminateCommands } from '../bus/terminate.ts';
import { completeCommand, retryCommand } from '../bus/troubleshooting.ts';
import { type Tx, withTx } from '../db/pool.ts';
import { lockProcesses, readProcesses } from '../db/queries/processes.ts';
import { lockCommand } from '../db/queries/troubleshooting.ts';
import { orNotFound, WrongStateError } from '../model/errors.ts';
import { laneOf } from '../model/ids.ts';
import type { ProcessRow, ProcessStatus } from '../model/process.ts';

export interface ProcessVerbAnswer {
  process_id: string;
  status: ProcessStatus;
}

/** A process may advance between the read and the cancel; the cancel is repeated this often. */
const MAX_TRIES = 20;

/**
 * CANCELED: the awaited command is cancelled, wherever it is. With `compensate` the process undoes its steps, newest
 * first; without, it ends at once and its effects stay.
 * @throws NotFoundError, WrongStateError when it has ended or is compensating
 */
export async function cancelProcess(
  bus: Bus,
  process_id: string,
  operator: CancelingOperator,
  { compensate }: { compensate: boolean },
): Promise<ProcessVerbAnswer> {
  const lane = laneOf(process_id, bus.lanes);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const seen = await readCancellable(bus, process_id);
    const done = await withTx(bus.pool, async (tx) => {
      const wakeUps = await reopening(tx, lane, [seen.awaiting_command_id], () =>
        cancelIfAwaiting(bus, tx, seen, operator, compensate),
      );
      return wakeUps && { wakeUps, process: await readOne(tx, lane, process_id) };
    });
    if (done === null) continue;
    bus.notifier.wake(done.wakeUps);
    return { process_id, status: done.process.status };
  }
  throw new WrongStateError('The process advanced during every attempt to cancel it; try again.');
}

/**
 * Makes its awaited command PENDING again, or redrives the reply on which its code threw.
 * @throws NotFoundError, WrongStateError
 */
export async function retryProcess(bus: Bus, process_id: string, operator: Operator): Promise<ProcessVerbAnswer> {
  await retryCommand(bus, await readParkedCommand(bus, process_id), operator);
  return answer(bus, process_id);
}

/**
 * Completes its awaited command with `result`, as if the handler had returned it.
 * @throws NotFoundError, WrongStateError
 */
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

/** Null when the process has advanced since it was read. */
async function cancelIfAwaiting(
  bus: Bus,
  tx: Tx,
  { process_id, lane, awaiting_command_id: command_id }: Awaiting,
  operator: CancelingOperator,
  compensate: boolean,
): Promise<ReadonlySet<string> | null> {
  const command = await lockCommand(tx, command_id);
  const [process] = await lockProcesses(tx, lane, [process_id]);
  if (command === null || process?.awaiting_command_id !== command_id) return null;
  const termination = operatorTermination(operator, { whole_process: true, keep_effects: !compensate });
  const { commands, wakeUps } = await terminateCommands(bus, tx, lane, [{ command_id, termination }], 'open');
  if (commands.length === 0 && process.error_code !== 'ADVANCE_FAILED')
    throw new WrongStateError(
      'The reply it waits for is kept for a service that knows this version of it; try again then.',
    );
  const done = commands.length > 0 ? { wakeUps } : await redriveCanceled(bus, tx, command_id, termination);
  await bus.env.probe('in_operator_verb', { process_id, command_id });
  return done.wakeUps;
}

async function readCancellable(bus: Bus, process_id: string): Promise<Awaiting> {
  const process = await readNow(bus, process_id);
  if (process.awaiting_command_id === null) throw new WrongStateError(`The process is ${process.status}.`);
  if (process.undo !== null)
    throw new WrongStateError(
      `The process is ${process.status} and already undoes what it did; it cannot be cancelled.`,
    );
  return process as Awaiting;
}

async function readParkedCommand(bus: Bus, process_id: string): Promise<string> {
  const { status, awaiting_command_id } = await readNow(bus, process_id);
  if (status !== 'WAITING_FOR_TSQ' || awaiting_command_id === null)
    throw new WrongStateError(`The process is ${status}; it does not wait for an operator.`);
  return awaiting_command_id;
}

const readNow = (bus: Bus, process_id: string): Promise<ProcessRow> =>
  withTx(bus.pool, (tx) => readOne(tx, laneOf(process_id, bus.lanes), process_id));

async function readOne(tx: Tx, lane: number, process_id: string): Promise<ProcessRow> {
  const [process] = await readProcesses(tx, lane, [process_id]);
  return orNotFound(process, 'process', process_id);
}

async function answer(bus: Bus, process_id: string): Promise<ProcessVerbAnswer> {
  const { status } = await readNow(bus, process_id);
  return { process_id, status };
}
