// Cancels a batch as durable work on the bus: cancels unsent chunks, and first commands without an attempt, in slices.
// Everything else runs to its end or waits for an operator. The batch is AT_REST while an item waits, then CANCELED.
// The status change waits for chunks in progress, so that none commits after it.

import { type Bus, INTERNAL_DOMAIN } from '../bus/bus.ts';
import type { HandlerContext, HandlerRegistry } from '../bus/handlers.ts';
import { sendCommands } from '../bus/insert.ts';
import { internalCommand } from '../bus/internal.ts';
import type { Operator } from '../bus/operator.ts';
import { notifyTransitions, requestedReplies, transitionCommand } from '../bus/transitions.ts';
import { withTx } from '../db/pool.ts';
import { markCancelingIfOpen, type NewBatch, readBatch, readUnattemptedCommands } from '../db/queries/batches.ts';
import { insertEvents } from '../db/queries/events.ts';
import { readUnattempted } from '../db/queries/processes.ts';
import { insertReplies } from '../db/queries/replies.ts';
import { cancelIfUnattempted, cancelPendingChunks } from '../db/queries/troubleshooting.ts';
import { pages } from '../model/batching.ts';
import { orNotFound, WrongStateError } from '../model/errors.ts';
import { byLane, laneOf } from '../model/ids.ts';
import type { BatchStatus } from '../model/process.ts';

const SLICE_SIZE = 1_000;

/** Marks the batch CANCELING and sends the job. @throws NotFoundError, WrongStateError */
export async function cancelBatch(
  bus: Bus,
  batch_id: string,
  operator: Operator,
): Promise<{ batch_id: string; status: BatchStatus }> {
  await withTx(bus.pool, async (tx) => {
    // First, so that the lock on the batch waits only for the chunks in progress.
    await cancelPendingChunks(tx, batch_id, INTERNAL_DOMAIN);
    if (!(await markCancelingIfOpen(tx, batch_id))) {
      const { status } = orNotFound(await readBatch(tx, batch_id), 'batch', batch_id);
      const waits = status === 'AT_REST' ? ' and waits for operators: it was cancelled before' : '';
      throw new WrongStateError(`The batch is ${status}${waits}.`);
    }
    await insertEvents(tx, 0, [
      { type: 'BATCH_CANCEL_REQUESTED', batch_id, actor: operator.actor, reason: operator.reason ?? null },
    ]);
    await sendCommands(bus, tx, [internalCommand(bus, 'CancelBatch', { batch_id }, { purpose: 'job', batch_id })]);
  });
  bus.notifier.wake(INTERNAL_DOMAIN);
  return { batch_id, status: 'CANCELING' };
}

/** Registers the handler of the job. */
export function registerCancel(registry: HandlerRegistry, bus: Bus): void {
  registry.register<{ batch_id: string }>(INTERNAL_DOMAIN, 'CancelBatch', (payload, context) =>
    runCancel(bus, payload.batch_id, context),
  );
}

async function runCancel(bus: Bus, batch_id: string, { signal }: HandlerContext): Promise<{ canceled_count: number }> {
  await withTx(bus.pool, (tx) => cancelPendingChunks(tx, batch_id, INTERNAL_DOMAIN));
  const batch = await readBatch(bus.pool, batch_id);
  let canceled_count = 0;
  for await (const slice of unattempted(bus, batch_id, batch?.kind)) {
    signal.throwIfAborted();
    for (const [lane, command_ids] of byLane(slice, (command_id) => laneOf(command_id, bus.lanes))) {
      canceled_count += await cancelSlice(bus, lane, command_ids);
    }
  }
  return { canceled_count };
}

/** The commands that were never attempted, slice by slice: all of a command batch, or the first ones of processes. */
function unattempted(bus: Bus, batch_id: string, kind: NewBatch['kind'] | undefined): AsyncIterable<string[]> {
  if (kind === 'command')
    return pages(
      (after: string | null) => readUnattemptedCommands(bus.pool, batch_id, after, SLICE_SIZE),
      (slice) => slice.at(-1) ?? null,
    );
  let from: number | null = 0;
  return pages(
    async () => {
      const slice = await readUnattempted(bus.pool, batch_id, from ?? 0, SLICE_SIZE);
      const last = slice.at(-1);
      from = last === undefined ? null : last.ordinal + 1;
      return slice.map((process) => process.awaiting_command_id);
    },
    () => from,
  );
}

/** One slice: its commands, then their processes, in one transaction. Safe to repeat. */
function cancelSlice(bus: Bus, lane: number, command_ids: string[]): Promise<number> {
  return withTx(bus.pool, async (tx) => {
    const canceled = await cancelIfUnattempted(tx, lane, command_ids);
    await insertEvents(
      tx,
      lane,
      canceled.map((command) => ({
        type: 'COMMAND_CANCELED',
        command_id: command.command_id,
        process_id: command.process_id,
        batch_id: command.batch_id,
        reason: 'BATCH_CANCELED',
      })),
    );
    const transitions = canceled.map((command) => {
      const { error_code, error_message } = command;
      const reply = { outcome: 'CANCELED', error_code, error_message } as const;
      return { kind: 'replied' as const, command: transitionCommand(command), reply };
    });
    await insertReplies(tx, lane, requestedReplies(bus, transitions));
    await notifyTransitions(bus, tx, transitions);
    return canceled.length;
  });
}
