// Settling: a set of outcomes, in one transaction, with what follows for their processes. Exactly once, by the fence.
// A result that comes too late changes nothing and leaves LATE_RESULT_DISCARDED.

import { asStored } from '../db/json.ts';
import type { Tx } from '../db/pool.ts';
import { withTx } from '../db/pool.ts';
import { readHeldClaims } from '../db/queries/claims.ts';
import { insertEvents } from '../db/queries/events.ts';
import { insertReplies, type NewReply } from '../db/queries/replies.ts';
import { readAnsweredClaims, type SettleLine, settleIfExpired, settleIfLeased } from '../db/queries/settles.ts';
import {
  type ClaimedCommand,
  decideSettlement,
  errorGroup,
  type Outcome,
  type Reply,
  type Settlement,
} from '../model/command.ts';
import { type Bus, byLane, notifyTransitions, transitionCommand } from './bus.ts';
import type { CommandTransition, TransitionCommand } from './handlers.ts';

/** An outcome to be settled. */
export interface SettleItem {
  command: ClaimedCommand;
  outcome: Outcome;
  /** The attempt gave its lease up without running a handler: a late result of it has no effect to undo. */
  abandoned: boolean;
  /** Its handler was called. Where nobody says, it was if it succeeded. */
  began?: boolean;
  /** Not to be written, whatever it came to: its lease runs out. Where it was lost before the handler ended, that is still said. */
  dropped?: boolean;
  /** In place of what follows from the outcome. */
  settlement?: Settlement;
}

export interface Settled {
  item: SettleItem;
  settlement: Settlement;
}

/** Settles a set under its leases, one transaction a lane. Returns what was written; the rest came too late. */
export async function settleSet(bus: Bus, items: readonly SettleItem[]): Promise<Settled[]> {
  const settled: Settled[] = [];
  for (const [lane, group] of byLane(items, (item) => item.command.lane)) {
    // In order of id, so that two sets that share commands lock them alike.
    const ordered = group.toSorted((a, b) => (a.command.command_id < b.command.command_id ? -1 : 1));
    for (const once of oncePerCommand(ordered)) settled.push(...(await settleLane(bus, lane, once)));
  }
  return settled;
}

/**
 * What a settle has written is known by its commands. Two attempts of one command, of which at least one is late,
 * are therefore settled one after the other.
 */
function oncePerCommand(ordered: readonly SettleItem[]): SettleItem[][] {
  const rounds: SettleItem[][] = [[]];
  let round = 0;
  for (const [index, item] of ordered.entries()) {
    round = item.command.command_id === ordered[index - 1]?.command.command_id ? round + 1 : 0;
    if (round === rounds.length) rounds.push([]);
    rounds[round]?.push(item);
  }
  return rounds;
}

async function settleLane(bus: Bus, lane: number, items: readonly SettleItem[]): Promise<Settled[]> {
  await bus.env.probe('before_settle', { items });
  const offered = items.filter((item) => !item.dropped);
  const lines = offered.map((item) => settleLine(item.command, item.outcome, item.settlement ?? decide(bus, item)));
  const { written, sent } = await withTx(bus.pool, async (tx) => {
    const written = await settleIfLeased(tx, lane, lines);
    const refused = offered.filter((item) => !written.has(item.command.command_id));
    const late = [...refused, ...(await lostMeanwhile(tx, lane, items))];
    const discarded = late.length === 0 ? [] : await discardLate(tx, lane, late);
    const sent = await applyWritten(
      bus,
      tx,
      lane,
      lines.filter((line) => written.has(line.command.command_id)),
      discarded,
    );
    return { written, sent };
  });
  await bus.env.probe('after_settle', { items });
  bus.notifier.wake(sent);
  return offered
    .map((item, index) => ({ item, settlement: (lines[index] as SettleLine).settlement }))
    .filter(({ item }) => written.has(item.command.command_id));
}

/**
 * Of what is dropped, that whose lease was lost before its handler ended: whatever followed from the loss did not know of its effect.
 * What is still held needs no word: all that follows will come after the effect.
 */
async function lostMeanwhile(tx: Tx, lane: number, items: readonly SettleItem[]): Promise<SettleItem[]> {
  const dropped = items.filter((item) => item.dropped);
  if (dropped.length === 0) return [];
  const held = await readHeldClaims(
    tx,
    lane,
    dropped.map((item) => item.command),
  );
  return dropped.filter((item) => !held.has(item.command.command_id));
}

/** Writes expired attempts, inside reap's transaction. Returns the domains in which commands were sent. */
export async function settleExpired(
  bus: Bus,
  tx: Tx,
  lane: number,
  lines: readonly SettleLine[],
): Promise<ReadonlySet<string>> {
  const written = await settleIfExpired(tx, lane, lines);
  return applyWritten(
    bus,
    tx,
    lane,
    lines.filter((line) => written.has(line.command.command_id)),
    [],
  );
}

/** A draw only where it matters. */
export function decide(bus: Bus, { command, outcome }: Pick<SettleItem, 'command' | 'outcome'>): Settlement {
  return decideSettlement(command, outcome, command.jitter_pct > 0 ? bus.env.random() : 0);
}

export function settleLine(
  command: ClaimedCommand,
  outcome: Outcome,
  settlement = decideSettlement(command, outcome),
): SettleLine {
  const parked = settlement.effect === 'TSQ';
  return {
    command,
    outcome,
    settlement,
    interrupted: isInterruption(outcome) ? 1 : 0,
    error_group: parked ? errorGroup(outcome.error_code ?? '', outcome.error_message ?? '') : null,
  };
}

/** An attempt terminated by no fault of chaos. */
function isInterruption(outcome: Outcome): boolean {
  return outcome.kind === 'released' || (outcome.kind === 'lease_expired' && !outcome.fault);
}

async function applyWritten(
  bus: Bus,
  tx: Tx,
  lane: number,
  lines: readonly SettleLine[],
  discarded: readonly CommandTransition[],
): Promise<ReadonlySet<string>> {
  const transitions = [...lines.map(transitionOf).filter((transition) => transition !== null), ...discarded];
  await insertReplies(tx, lane, requestedReplies(bus, transitions));
  const sent = new Set(await notifyTransitions(bus, tx, transitions));
  // Also for one that is due later: whoever sleeps until the next poll has to learn when that is.
  for (const line of lines) if (line.settlement.status === 'PENDING') sent.add(line.command.domain);
  await bus.env.probe('in_settle', { lines });
  return sent;
}

function transitionOf(line: SettleLine): CommandTransition | null {
  const command = transitionCommand(line.command);
  const { settlement, outcome } = line;
  if (settlement.effect === 'TSQ') {
    return {
      kind: 'parked',
      command,
      error_code: outcome.error_code ?? '',
      error_message: outcome.error_message ?? '',
    };
  }
  return settlement.reply === null ? null : { kind: 'replied', command, reply: replyOf(settlement.reply, outcome) };
}

function replyOf(outcome: Reply['outcome'], { result, error_code, error_message }: Outcome): Reply {
  return { outcome, result: asStored(result), error_code: error_code ?? null, error_message: error_message ?? null };
}

/** Replies that the sender of a standalone command asked for. A process's own replies go to the router, not through a queue. */
export function requestedReplies(bus: Bus, transitions: readonly CommandTransition[]): NewReply[] {
  return transitions.flatMap((transition) => {
    const { command } = transition;
    if (transition.kind !== 'replied' || command.reply_to === null) return [];
    return queuedReply(bus, command, transition.reply, { queue: command.reply_to, note: null });
  });
}

/** A reply as a row of a queue; `note` says why it waits there, where nobody asked for it. */
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

/**
 * What was not written came too late, unless that very claim was answered before: then an earlier COMMIT,
 * whose acknowledgement was lost with its connection, had been ours after all.
 */
async function discardLate(tx: Tx, lane: number, late: readonly SettleItem[]): Promise<CommandTransition[]> {
  const answered = await readAnsweredClaims(
    tx,
    lane,
    late.map((item) => item.command),
  );
  const unanswered = late.filter((item) => !answered.has(item.command.command_id));
  const discarded = unanswered.filter((item) => item.outcome.kind !== 'released');
  await insertEvents(
    tx,
    lane,
    discarded.map(({ command, outcome }) => ({
      type: 'LATE_RESULT_DISCARDED',
      command_id: command.command_id,
      process_id: command.process_id,
      batch_id: command.batch_id,
      attempt: command.attempts,
      details: { outcome: outcome.kind, claim_id: command.claim_id },
    })),
  );
  return unanswered
    .filter(({ began, abandoned, outcome }) => began ?? (outcome.kind === 'success' && !abandoned))
    .map((item) => ({ kind: 'discarded', command: transitionCommand(item.command) }));
}
