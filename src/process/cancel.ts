// Cancelling a batch: a durable job on the bus. Unsent chunks and first commands never attempted are cancelled, in slices;
// what was begun runs out, and what waits for an operator waits on: with that the batch is AT_REST, and CANCELED once it is done with.
// The status change waits for the chunks under way, so none slips in after it.

import { type Bus, byLane, INTERNAL_DOMAIN, notifyTransitions, sendCommands } from '../bus/bus.ts';
import type { HandlerContext, HandlerRegistry } from '../bus/handlers.ts';
import { requestedReplies } from '../bus/settle.ts';
import { type Operator, toTransitionCommand } from '../bus/troubleshooting.ts';
import { withTx } from '../db/pool.ts';
import { markCancelingIfOpen, readBatch, readUnattemptedCommands } from '../db/queries/batches.ts';
import { insertEvents, insertReplies } from '../db/queries/events.ts';
import { readUnattempted } from '../db/queries/processes.ts';
import { cancelIfUnattempted, cancelPendingChunks } from '../db/queries/troubleshooting.ts';
import { PRIORITY } from '../model/command.ts';
import { NotFoundError, WrongStateError } from '../model/errors.ts';
import { laneOf } from '../model/ids.ts';
import type { BatchStatus, CommandPolicy } from '../model/process.ts';

const SLICE_SIZE = 1_000;
const JOB_POLICY: CommandPolicy = { max_attempts: 100, backoff_ms: [200, 1_000, 5_000], lease_ms: 30_000 };

/** Marks the batch CANCELING and sends the job. @throws NotFoundError, WrongStateError */
export async function cancelBatch(
  bus: Bus,
  batch_id: string,
  operator: Operator,
): Promise<{ batch_id: string; status: BatchStatus }> {
  await withTx(bus.pool, async (tx) => {
    // First, so that the wait for the batch is one for the chunks under way and not for all that are to come.
    await cancelPendingChunks(tx, batch_id, INTERNAL_DOMAIN);
    if (!(await markCancelingIfOpen(tx, batch_id))) {
      const batch = await readBatch(tx, batch_id);
      if (batch === null) throw new NotFoundError('batch', batch_id);
      const waits = batch.status === 'AT_REST' ? ' and waits for operators: it was cancelled before' : '';
      throw new WrongStateError(`The batch is ${batch.status}${waits}.`);
    }
    await insertEvents(tx, 0, [
      { type: 'BATCH_CANCEL_REQUESTED', batch_id, actor: operator.actor, reason: operator.reason ?? null },
    ]);
    const command_id = bus.env.newId(0, bus.lanes);
    await sendCommands(bus, tx, [
      {
        command_id,
        lane: 0,
        domain: INTERNAL_DOMAIN,
        type: 'CancelBatch',
        purpose: 'job',
        priority: PRIORITY.job,
        payload: { batch_id },
        policy: JOB_POLICY,
        delay_ms: 0,
        process_id: null,
        batch_id,
        step: null,
        correlation_id: null,
        reply_to: null,
        state: null,
      },
    ]);
  });
  bus.notifier.wake(INTERNAL_DOMAIN);
  return { batch_id, status: 'CANCELING' };
}

/** Registers the handler of the job. */
export function registerCancel(registry: HandlerRegistry, bus: () => Bus): void {
  registry.register<{ batch_id: string }>(INTERNAL_DOMAIN, 'CancelBatch', (payload, context) =>
    runCancel(bus(), payload.batch_id, context),
  );
}

async function runCancel(bus: Bus, batch_id: string, { signal }: HandlerContext): Promise<{ canceled_count: number }> {
  await withTx(bus.pool, (tx) => cancelPendingChunks(tx, batch_id, INTERNAL_DOMAIN));
  const batch = await readBatch(bus.pool, batch_id);
  let canceled_count = 0;
  for await (const slice of batch?.kind === 'command' ? commandsOf(bus, batch_id) : firstCommandsOf(bus, batch_id)) {
    signal.throwIfAborted();
    for (const [lane, command_ids] of byLane(slice, (command_id) => laneOf(command_id, bus.lanes))) {
      canceled_count += await cancelSlice(bus, lane, command_ids);
    }
  }
  return { canceled_count };
}

/** The first commands of a batch's processes that nobody has attempted, slice by slice. */
async function* firstCommandsOf(bus: Bus, batch_id: string): AsyncGenerator<string[]> {
  for (let from = 0; ; ) {
    const slice = await readUnattempted(bus.pool, batch_id, from, SLICE_SIZE);
    const last = slice.at(-1);
    if (last === undefined) return;
    yield slice.map((process) => process.awaiting_command_id);
    from = last.ordinal + 1;
  }
}

/** The commands of a command batch that nobody has attempted, slice by slice. */
async function* commandsOf(bus: Bus, batch_id: string): AsyncGenerator<string[]> {
  for (let after: string | null = null; ; ) {
    const slice: string[] = await readUnattemptedCommands(bus.pool, batch_id, after, SLICE_SIZE);
    const last = slice.at(-1);
    if (last === undefined) return;
    yield slice;
    after = last;
  }
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
      return { kind: 'replied' as const, command: toTransitionCommand(command), reply };
    });
    await insertReplies(tx, lane, requestedReplies(bus, transitions));
    await notifyTransitions(bus, tx, transitions);
    return canceled.length;
  });
}
