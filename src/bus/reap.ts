// Reaping: attempts whose lease ran out are settled for the worker that did not. Any worker may; locked rows are passed over.
// One that ran out by an injected fault counts as an attempt; an innocent interruption does not, up to a limit that ends poison.

import { isBadData, isRetryable, type Tx, withTx } from '../db/pool.ts';
import { type ExpiredCommand, lockExpiredAmong, lockExpiredCommands, type SettleLine } from '../db/queries/settles.ts';
import { type Outcome, park, type Settlement, timedOutBy } from '../model/command.ts';
import { createPeriodicTask, type PeriodicTask } from '../model/periodic.ts';
import { lossDelay, MAX_LEASE_LOSSES } from '../model/retry.ts';
import type { Bus } from './bus.ts';
import { decide, settleExpired, settleLine } from './settle.ts';

const REAP_LIMIT = 500;
/** One that fails for a reason we do not know is tried this often before it is parked, each time later. */
const MAX_UNKNOWN_FAILURES = 5;
const BACKING_OFF_MS = { first: 250, most: 60_000 };

/** Expired attempts that could not be settled, by command: how often that was tried, and when it will be again. */
export type BackingOff = Map<string, { times: number; until_ms: number }>;

/** Settles up to 500 expired attempts of a lane; returns how many it found. One that cannot be settled keeps no other from it. */
export async function reapExpired(bus: Bus, lane: number, backingOff: BackingOff = new Map()): Promise<number> {
  const now = bus.env.monotonicMs();
  const waiting = [...backingOff].filter(([, { until_ms }]) => until_ms > now).map(([command_id]) => command_id);
  const reaping = { bus, lane, backingOff, toLine: expiredLine };
  return reapSet(reaping, (tx) => lockExpiredCommands(tx, lane, REAP_LIMIT, waiting));
}

const REAP_EVERY_MS = 1_000;

/** Reaping where no worker runs. It calls nothing of the application: what is reaped is retried or parked. */
export function createReapTask(bus: Bus): PeriodicTask {
  const backingOff: BackingOff = new Map();
  return createPeriodicTask(bus, REAP_EVERY_MS, () => reapAllExpired(bus, backingOff), 'reaping failed, trying again');
}

/** Reaps in every lane until nothing is left. */
export async function reapAllExpired(bus: Bus, backingOff: BackingOff): Promise<void> {
  for (let lane = 0; lane < bus.lanes; lane++) while ((await reapExpired(bus, lane, backingOff)) === REAP_LIMIT);
}

interface Reaping {
  bus: Bus;
  lane: number;
  backingOff: BackingOff;
  toLine: (bus: Bus, command: ExpiredCommand) => SettleLine;
}

/** Settles what `lock` finds in one transaction; where that cannot be done for one of them, by halves. */
async function reapSet(reaping: Reaping, lock: (tx: Tx) => Promise<ExpiredCommand[]>): Promise<number> {
  const { bus, lane, toLine, backingOff } = reaping;
  let expired: ExpiredCommand[] = [];
  try {
    const woken = await withTx(bus.pool, async (tx) => {
      expired = await lock(tx);
      if (expired.length === 0) return new Set<string>();
      const lines = expired.map((command) => toLine(bus, command));
      const sent = await settleExpired(bus, tx, lane, lines);
      await bus.env.probe('in_reap', { lines });
      return sent;
    });
    for (const { command_id } of backingOff.size === 0 ? [] : expired) backingOff.delete(command_id);
    bus.notifier.wake(woken);
  } catch (error) {
    if (isRetryable(error) || expired.length === 0) throw error;
    await reapApart(reaping, expired, error);
  }
  return expired.length;
}

async function reapApart(reaping: Reaping, expired: readonly ExpiredCommand[], error: unknown): Promise<void> {
  const { bus, lane, backingOff, toLine } = reaping;
  const ids = expired.map((command) => command.command_id);
  const again = (some: string[], how: Partial<Reaping> = {}) =>
    reapSet({ ...reaping, ...how }, (tx) => lockExpiredAmong(tx, lane, some));
  if (ids.length > 1) {
    await again(ids.slice(0, ids.length >> 1));
    await again(ids.slice(ids.length >> 1));
    return;
  }
  const [command_id = ''] = ids;
  const times = (backingOff.get(command_id)?.times ?? 0) + 1;
  if (toLine === expiredLine && (isBadData(error) || times >= MAX_UNKNOWN_FAILURES)) {
    await again(ids, { toLine: unstorableLine });
    return;
  }
  const pause_ms = Math.min(BACKING_OFF_MS.first * 2 ** times, BACKING_OFF_MS.most);
  backingOff.set(command_id, { times, until_ms: bus.env.monotonicMs() + pause_ms });
  bus.env.logger.error({ err: error, command_id, times }, 'an attempt whose lease ran out cannot be settled');
}

function expiredLine(bus: Bus, command: ExpiredCommand): SettleLine {
  const outcome: Outcome = command.fault
    ? { kind: 'lease_expired', ...timedOutBy(command.fault), fault: command.fault }
    : {
        kind: 'lease_expired',
        error_code: 'LEASE_EXPIRED',
        error_message: 'The lease ran out before the attempt was settled.',
      };
  return settleLine(
    command,
    outcome,
    command.fault ? decide(bus, { command, outcome }) : decideInterruption(bus, command),
  );
}

/** What follows from it cannot be stored. Still an attempt whose lease ran out: whoever comes late with its result is told so. */
function unstorableLine(_bus: Bus, command: ExpiredCommand): SettleLine {
  const outcome: Outcome = {
    kind: 'lease_expired',
    error_code: 'RESULT_NOT_STORABLE',
    error_message: 'The lease ran out, and what follows from that cannot be stored.',
    fault: command.fault,
  };
  return settleLine(command, outcome, park('RESULT_NOT_STORABLE'));
}

/** Redelivered at once, since the whole lease was waited already; apart from others when it repeats, parked when it does not end. */
function decideInterruption(bus: Bus, command: ExpiredCommand): Settlement {
  const losses = command.interruptions + 1;
  const endless = command.purpose === 'chunk' || command.purpose === 'job';
  return losses > MAX_LEASE_LOSSES && !endless
    ? { status: 'IN_TROUBLESHOOTING_QUEUE', effect: 'TSQ', delay_ms: null, reason: 'LEASE_EXPIRED', reply: null }
    : { status: 'PENDING', effect: 'RETRY', delay_ms: lossDelay(losses, bus.env.random()), reason: null, reply: null };
}
