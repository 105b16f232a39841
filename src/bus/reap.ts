// Reaping: attempts whose lease ran out are settled for the worker that did not. Any worker may; locked rows are passed over.
// An injected timeout counts as an attempt; an innocent interruption does not, up to a limit that ends poison.

import { withTx } from '../db/pool.ts';
import { type ExpiredCommand, lockExpiredCommands, type SettleLine } from '../db/queries/settles.ts';
import { decideSettlement, type Outcome, type Settlement } from '../model/command.ts';
import { MAX_LEASE_LOSSES } from '../model/retry.ts';
import type { Bus } from './bus.ts';
import { settleExpired, settleLine } from './settle.ts';

const REAP_LIMIT = 500;

/** Settles up to 500 expired attempts of a lane; returns how many there were. */
export async function reapExpired(bus: Bus, lane: number): Promise<number> {
  const { count, hinted } = await withTx(bus.pool, async (tx) => {
    const expired = await lockExpiredCommands(tx, lane, REAP_LIMIT);
    if (expired.length === 0) return { count: 0, hinted: new Set<string>() };
    const lines = expired.map(expiredLine);
    const sent = await settleExpired(bus, tx, lane, lines);
    await bus.env.probe('in_reap', { lines });
    return { count: expired.length, hinted: sent };
  });
  for (const domain of hinted) bus.hints.hint(domain);
  return count;
}

function expiredLine(command: ExpiredCommand): SettleLine {
  const outcome: Outcome = command.fault
    ? {
        kind: 'lease_expired',
        error_code: 'TIMED_OUT',
        error_message: 'The lease ran out: timed out.',
        fault: command.fault,
      }
    : {
        kind: 'lease_expired',
        error_code: 'LEASE_EXPIRED',
        error_message: 'The lease ran out before the attempt was settled.',
      };
  return settleLine(command, outcome, command.fault ? decideSettlement(command, outcome) : decideInterruption(command));
}

/** Redelivered at once, since the whole lease was waited already; parked when it happened too often to be innocent. */
function decideInterruption(command: ExpiredCommand): Settlement {
  const endless = command.purpose === 'chunk' || command.purpose === 'job';
  return command.interruptions >= MAX_LEASE_LOSSES && !endless
    ? { status: 'IN_TROUBLESHOOTING_QUEUE', effect: 'TSQ', delay_ms: null, reason: 'LEASE_EXPIRED', reply: null }
    : { status: 'PENDING', effect: 'RETRY', delay_ms: 0, reason: null, reply: null };
}
