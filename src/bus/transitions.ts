// Transitions of commands: calling the hook with them, and the replies that senders of commands asked for.

import type { Tx } from '../db/pool.ts';
import type { NewReply } from '../db/queries/replies.ts';
import type { OperatedCommand } from '../db/queries/troubleshooting.ts';
import type { ClaimedCommand, Reply } from '../model/command.ts';
import type { Bus } from './bus.ts';
import type { CommandTransition, TransitionCommand } from './handlers.ts';

const NONE: ReadonlySet<string> = new Set();

/** Calls the hook with transitions of one lane. Returns the domains in which it sent commands. */
export async function notifyTransitions(
  bus: Bus,
  tx: Tx,
  transitions: readonly CommandTransition[],
): Promise<ReadonlySet<string>> {
  if (transitions.length === 0 || bus.hooks.onTransitions === undefined) return NONE;
  return bus.hooks.onTransitions(tx, transitions);
}

export function transitionCommand(command: ClaimedCommand | OperatedCommand): TransitionCommand {
  return {
    command_id: command.command_id,
    lane: command.lane,
    domain: command.domain,
    type: command.type,
    purpose: command.purpose,
    process_id: command.process_id,
    batch_id: command.batch_id,
    step: command.step,
    correlation_id: command.correlation_id,
    reply_to: command.reply_to,
    attempts: command.attempts,
    policy: {
      max_attempts: command.max_attempts,
      backoff_ms: command.backoff_ms,
      jitter_pct: command.jitter_pct,
      lease_ms: command.lease_ms,
    },
  };
}

/** Replies to senders that named a queue. Replies to a process go to the router, not through a queue. */
export function requestedReplies(bus: Bus, transitions: readonly CommandTransition[]): NewReply[] {
  return transitions.flatMap((transition) => {
    const { command } = transition;
    if (transition.kind !== 'replied' || command.reply_to === null) return [];
    return queuedReply(bus, command, transition.reply, { queue: command.reply_to, note: null });
  });
}

/** A reply as a row of a queue; `note` says why it waits there although no sender asked for it. */
export function queuedReply(
  bus: Bus,
  command: TransitionCommand,
  reply: Reply,
  { queue, note }: Pick<NewReply, 'queue' | 'note'>,
): NewReply {
  return {
    reply_id: bus.env.newId(command.lane, bus.lanes),
    queue,
    command_id: command.command_id,
    process_id: command.process_id,
    correlation_id: command.correlation_id,
    batch_id: command.batch_id,
    outcome: reply.outcome,
    result: reply.result,
    error_code: reply.error_code ?? null,
    error_message: reply.error_message ?? null,
    note,
  };
}
