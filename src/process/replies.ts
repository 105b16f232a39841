// Replies kept because their process's type or version was not registered where they were settled: while versions change, old
// and new workers share a domain. A service that has the definition routes them, each once, and only then are they deleted.

import { type Bus, notifyTransitions } from '../bus/bus.ts';
import { reopening } from '../bus/reopen.ts';
import { toTransitionCommand } from '../bus/troubleshooting.ts';
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
import { NotFoundError, WrongStateError } from '../model/errors.ts';
import { createPeriodicTask, type PeriodicTask } from '../model/periodic.ts';
import type { ProcessRegistry } from './define.ts';

const EVERY_MS = 1_000;
const MAX_A_ROUND = 500;

/** Routes what can be routed here, once a second. */
export function createReplyRouting(bus: Bus, processes: ProcessRegistry): PeriodicTask {
  const round = async () => {
    const known = processes.all().map(({ type, version }) => ({ type, version }));
    for (const reply of await readRoutableReplies(bus.pool, known, MAX_A_ROUND)) await routeReply(bus, reply);
  };
  return createPeriodicTask(bus, EVERY_MS, round, 'routing kept replies failed, trying again');
}

/** One transaction each: what cannot be stored of one keeps no other back. */
async function routeReply(bus: Bus, reply: RoutableReply): Promise<void> {
  await route(bus, reply).catch((error) => {
    bus.outage.failed(error, { command_id: reply.command_id }, 'routing a kept reply failed, trying again');
  });
}

/** False when somebody else has the reply, or has routed it. */
async function route(bus: Bus, { reply_id, lane, command_id }: RoutableReply): Promise<boolean> {
  // What an operator completed may be kept, and its process at rest until now.
  const sent = await withTx(bus.pool, (tx) =>
    reopening(tx, lane, [command_id], async () => {
      const reply = await lockReplyIfKept(tx, lane, reply_id);
      const command = reply === null ? null : await lockCommand(tx, command_id);
      if (reply === null || command === null) return null;
      const { keep_effects } = reply;
      const told = { kind: 'replied' as const, command: toTransitionCommand(command), reply, keep_effects };
      const sent = await notifyTransitions(bus, tx, [told]);
      await deleteReply(tx, lane, reply_id);
      return sent;
    }),
  );
  for (const domain of sent ?? []) bus.notifier.wake(domain);
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
  const reply = await findReply(bus.pool, reply_id);
  if (reply === null) throw new NotFoundError('reply', reply_id);
  const { process_id, command_id, lane } = reply;
  if (process_id === null || command_id === null) {
    throw new WrongStateError('Its sender asked for this reply: it is for consuming, not for routing.');
  }
  const process = await findProcess(bus.pool, process_id);
  if (process === null) throw new WrongStateError(`There is no process ${process_id}.`);
  if (processes.find(process.process_type, process.version) === undefined) {
    throw new WrongStateError(`${process.process_type} version ${process.version} is not registered in this service.`);
  }
  if (await route(bus, { reply_id, lane, command_id })) return { reply_id, process_id };
  throw new WrongStateError('Somebody else is routing this reply.');
}
