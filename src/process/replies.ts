// Replies kept because their process's type or version was not registered where they were settled: while versions change, old
// and new workers share a domain. A service that has the definition routes them, each once, and only then are they deleted.

import { type Bus, tellTransitions } from '../bus/bus.ts';
import { toTransitionCommand } from '../bus/troubleshooting.ts';
import { withTx } from '../db/pool.ts';
import { deleteReply, lockReplyIfKept, type RoutableReply, readRoutableReplies } from '../db/queries/replies.ts';
import { lockCommand } from '../db/queries/troubleshooting.ts';
import type { ProcessRegistry } from './define.ts';
import { createRounds, type Rounds } from './rounds.ts';

const EVERY_MS = 1_000;
const MOST_A_ROUND = 500;

/** Routes what can be routed here, once a second. */
export function createReplyRouting(bus: Bus, processes: ProcessRegistry): Rounds {
  const round = async () => {
    const known = processes.all().map(({ type, version }) => ({ type, version }));
    for (const reply of await readRoutableReplies(bus.pool, known, MOST_A_ROUND)) await routeReply(bus, reply);
  };
  return createRounds(bus, EVERY_MS, round, 'routing kept replies failed, trying again');
}

/** One transaction each: what cannot be stored of one keeps no other back. */
async function routeReply(bus: Bus, { reply_id, lane, command_id }: RoutableReply): Promise<void> {
  const sent = await withTx(bus.pool, async (tx) => {
    const reply = await lockReplyIfKept(tx, lane, reply_id);
    const command = reply === null ? null : await lockCommand(tx, command_id);
    if (reply === null || command === null) return new Set<string>();
    const { keep_effects } = reply;
    const told = { kind: 'replied' as const, command: toTransitionCommand(command), reply, keep_effects };
    const sent = await tellTransitions(bus, tx, [told]);
    await deleteReply(tx, lane, reply_id);
    return sent;
  }).catch((error) => {
    bus.outage.failed(error, { command_id }, 'routing a kept reply failed, trying again');
    return new Set<string>();
  });
  for (const domain of sent) bus.hints.hint(domain);
}
