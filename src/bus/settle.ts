// Settling: writes a set of outcomes in one transaction, with the consequences for their processes. The fence ensures
// that each attempt is settled exactly once: a late result changes nothing and is recorded as LATE_RESULT_DISCARDED.

import { asStored } from '../db/json.ts';
import type { Tx } from '../db/pool.ts';
import { withTx } from '../db/pool.ts';
import { readHeldClaims } from '../db/queries/claims.ts';
import { insertEvents } from '../db/queries/events.ts';
import { insertReplies } from '../db/queries/replies.ts';
import { readAnsweredClaims, type SettleLine, settleIfExpired, settleIfLeased } from '../db/queries/settles.ts';
import {
  type ClaimedCommand,
  decideSettlement,
  errorGroup,
  type Outcome,
  type Reply,
  type Settlement,
} from '../model/command.ts';
import { byLane } from '../model/ids.ts';
import type { Bus } from './bus.ts';
import type { CommandTransition } from './handlers.ts';
import { notifyTransitions, requestedReplies, transitionCommand } from './transitions.ts';

/** An outcome to be settled. */
export interface SettleItem {
  command: ClaimedCommand;
  outcome: Outcome;
  /** The attempt abandoned its lease without running a handler, so a late result has no effect to undo. */
  abandoned: boolean;
  /** Its handler was called. Absent: it was called if the attempt succeeded. */
  began?: boolean;
  /**
   * The outcome is not written, so the lease expires. A lease that expired before the handler ended is still recorded.
   */
  dropped?: boolean;
  /** Overrides the settlement that follows from the outcome. */
  settlement?: Settlement;
}

export interface Settled {
  item: SettleItem;
  settlement: Settlement;
}

/** Settles a set under its leases, one transaction per lane. Returns what was written; the rest was late. */
export async function settleSet(bus: Bus, items: readonly SettleItem[]): Promise<Settled[]> {
  const settled: Settled[] = [];
  for (const [lane, group] of byLane(items, (item) => item.command.lane)) {
    // Ordered by id, so that two sets that share commands lock them in the same order.
    const ordered = group.toSorted((a, b) => (a.command.command_id < b.command.command_id ? -1 : 1));
    for (const once of oncePerCommand(ordered)) settled.push(...(await settleLane(bus, lane, once)));
  }
  return settled;
}

/** A settle identifies written rows by command, so two attempts of one command are settled one after the other. */
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
 * Returns dropped attempts whose lease expired before their handler ended: compensation may have run before their
 * effect. An attempt that still holds its lease needs no record, because all consequences come after its effect.
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

/** Writes expired attempts in the transaction of the reaper. Returns the domains to wake. */
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

/** The attempt ended without an outcome of its handler, and not because of an injected fault. */
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
  // This includes commands due later: a worker that sleeps until its next poll must learn when they are due.
  for (const line of lines) if (line.settlement.status === 'PENDING') sent.add(line.command.domain);
  await bus.env.probe('in_settle', { lines });
  return sent;
}

function transitionOf(line: SettleLine): CommandTransition | null {
  const command = transitionCommand(line.command);
  const { settlement, outcome } = line;
  if (settlement.effect === 'TSQ') {
    const { error_code = '', error_message = '' } = outcome;
    return { kind: 'parked', command, error_code, error_message };
  }
  return settlement.reply === null ? null : { kind: 'replied', command, reply: replyOf(settlement.reply, outcome) };
}

function replyOf(outcome: Reply['outcome'], { result, error_code, error_message }: Outcome): Reply {
  return { outcome, result: asStored(result), error_code: error_code ?? null, error_message: error_message ?? null };
}

/** Unwritten results are late, unless this claim was settled before: then our COMMIT lost its acknowledgement. */
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
