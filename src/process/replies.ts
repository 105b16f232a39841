// Kept replies, whose process type or version was not registered where they were settled, as during a deployment.
// A service that knows the definition routes each of them once, and deletes it in the same transaction.

import type { Bus } from '../bus/bus.ts';
import { reopening } from '../bus/reopen.ts';
import { notifyTransitions, transitionCommand } from '../bus/transitions.ts';
import { withTx } from '../db/pool.ts';
import { findProcess } from '../db/queries/read-processes.ts';
import {
  deleteReply,
  findReply,
  lockReplyIfKept,
  type RoutableReply,
  readRoutableReplies,
} from '../db/queries/replies.ts';
import { lockCommand } from '../db/queries/troubleshooting.ts';
import { orNotFound, WrongStateError } from '../model/errors.ts';
import { PeriodicTask } from '../model/periodic.ts';
import type { ProcessRegistry } from './define.ts';

const MAX_A_ROUND = 500;

/** Routes what can be routed here, once a second. */
export function createReplyRouting(bus: Bus, processes: ProcessRegistry): PeriodicTask {
  const run = async () => {
    const known = processes.all().map(({ type, version }) => ({ type, version }));
    for (const reply of await readRoutableReplies(bus.pool, known, MAX_A_ROUND)) await routeReply(bus, reply);
  };
  return new PeriodicTask(bus, { every_ms: 1_000, run, failure: 'routing kept replies failed, trying again' });
}

/** One transaction each, so that one that fails does not block the others. */
async function routeReply(bus: Bus, reply: RoutableReply): Promise<void> {
  await route(bus, reply).catch((error) => {
    bus.databaseHealth.reportError(
      error,
      { command_id: reply.command_id },
      'routing a kept reply failed, trying again',
    );
  });
}

/** False when another service has locked or routed the reply. */
async function route(bus: Bus, { reply_id, lane, command_id }: RoutableReply): Promise<boolean> {
  // The reply may be that of an operator, and its batch at rest until now.
  const sent = await withTx(bus.pool, (tx) =>
    reopening(tx, lane, [command_id], async () => {
      const reply = await lockReplyIfKept(tx, lane, reply_id);
      const command = reply === null ? null : await lockCommand(tx, command_id);
      if (reply === null || command === null) return null;
      const { keep_effects } = reply;
      const transition = { kind: 'replied' as const, command: transitionCommand(command), reply, keep_effects };
      const sent = await notifyTransitions(bus, tx, [transition]);
      await deleteReply(tx, lane, reply_id);
      return sent;
    }),
  );
  bus.notifier.wake(sent ?? []);
  return sent !== null;
}

/**
 * Routes one kept reply at once, if its process is known here now.
 * @throws NotFoundError, WrongStateError saying what is missing
 */
export async function redriveReply(
  bus: Bus,
  processes: ProcessRegistry,
  reply_id: string,
): Promise<{ reply_id: string; process_id: string }> {
  const { process_id, command_id, lane } = orNotFound(await findReply(bus.pool, reply_id), 'reply', reply_id);
  if (process_id === null || command_id === null) {
    throw new WrongStateError('A sender asked for this reply: it is consumed, not routed.');
  }
  const process = await findProcess(bus.pool, process_id);
  if (process === null) throw new WrongStateError(`There is no process ${process_id}.`);
  if (processes.find(process.process_type, process.version) === undefined) {
    throw new WrongStateError(`${process.process_type} version ${process.version} is not registered in this service.`);
  }
  if (await route(bus, { reply_id, lane, command_id })) return { reply_id, process_id };
  throw new WrongStateError('Another service is routing this reply.');
}
