// Reaping: settles attempts with an expired lease, in place of their worker. Every worker reaps, and skips locked rows.
// A lease that an injected fault let expire uses up an attempt; an interruption does not, up to a limit.

import { isBadData, isRetryable, type Tx, withTx } from '../db/pool.ts';
import { type ExpiredCommand, lockExpiredAmong, lockExpiredCommands, type SettleLine } from '../db/queries/settles.ts';
import { bisectFailed } from '../model/batching.ts';
import { isInternal, type Outcome, park, retryIn, type Settlement, timedOutBy } from '../model/command.ts';
import { PeriodicTask } from '../model/periodic.ts';
import { backoff, lossDelay, MAX_LEASE_LOSSES } from '../model/retry.ts';
import type { Bus } from './bus.ts';
import { decide, settleExpired, settleLine } from './settle.ts';

const REAP_LIMIT = 500;
/** The number of times that settling an attempt may fail for an unknown reason before its command is parked. */
const MAX_UNKNOWN_FAILURES = 5;
const BACKING_OFF_MS = { first: 250, max: 60_000 };

/** Expired attempts that could not be settled: the number of tries, and the time of the next one. */
export type BackingOff = Map<string, { times: number; until_ms: number }>;

type ToLine = (bus: Bus, command: ExpiredCommand) => SettleLine;

/** Reaps where no worker runs. It calls no code of the application: reaped attempts are retried or parked. */
export function createReapTask(bus: Bus): PeriodicTask {
  const backingOff: BackingOff = new Map();
  const run = () => reapAllExpired(bus, backingOff);
  return new PeriodicTask(bus, { every_ms: 1_000, run, failure: 'reaping failed, trying again' });
}

/** Reaps in every lane until nothing is left. */
export async function reapAllExpired(bus: Bus, backingOff: BackingOff): Promise<void> {
  for (let lane = 0; lane < bus.lanes; lane++) while ((await reapExpired(bus, lane, backingOff)) === REAP_LIMIT);
}

/** Settles up to 500 expired attempts of a lane; returns how many it found. A bad one does not block the others. */
export async function reapExpired(bus: Bus, lane: number, backingOff: BackingOff = new Map()): Promise<number> {
  const now = bus.env.monotonicMs();
  const waiting = [...backingOff].filter(([, { until_ms }]) => until_ms > now).map(([command_id]) => command_id);
  let found: ExpiredCommand[] = [];
  const lockAmong = (ids: readonly string[]) => (tx: Tx) => lockExpiredAmong(tx, lane, ids);
  const reap = async (lock: (tx: Tx) => Promise<ExpiredCommand[]>, toLine: ToLine = expiredLine) => {
    const { expired, woken } = await withTx(bus.pool, async (tx) => {
      const expired = await lock(tx);
      if (expired.length === 0) return { expired, woken: new Set<string>() };
      const lines = expired.map((command) => toLine(bus, command));
      const woken = await settleExpired(bus, tx, lane, lines);
      await bus.env.probe('in_reap', { lines });
      return { expired, woken };
    });
    if (backingOff.size > 0) for (const { command_id } of expired) backingOff.delete(command_id);
    bus.notifier.wake(woken);
  };
  const onFailed = async (command_id: string, error: unknown) => {
    const times = (backingOff.get(command_id)?.times ?? 0) + 1;
    if (isBadData(error) || times >= MAX_UNKNOWN_FAILURES) {
      const failed = await reap(lockAmong([command_id]), unstorableLine).then(
        () => false,
        (again) => {
          if (isRetryable(again)) throw again;
          return true;
        },
      );
      if (!failed) return;
    }
    backingOff.set(command_id, { times, until_ms: bus.env.monotonicMs() + backoff(times, BACKING_OFF_MS) });
    bus.env.logger.error({ err: error, command_id, times }, 'an attempt whose lease expired cannot be settled');
  };
  try {
    await reap(async (tx) => (found = await lockExpiredCommands(tx, lane, REAP_LIMIT, waiting)));
  } catch (error) {
    if (isRetryable(error) || found.length === 0) throw error;
    const ids = found.map(({ command_id }) => command_id);
    await bisectFailed(ids, error, { run: (some) => reap(lockAmong(some)), isFatal: isRetryable, onFailed });
  }
  return found.length;
}

function expiredLine(bus: Bus, command: ExpiredCommand): SettleLine {
  const { fault } = command;
  if (!fault) {
    const error_message = 'The lease expired before the attempt was settled.';
    const outcome: Outcome = { kind: 'lease_expired', error_code: 'LEASE_EXPIRED', error_message };
    return settleLine(command, outcome, decideInterruption(bus, command));
  }
  const outcome: Outcome = { kind: 'lease_expired', ...timedOutBy(fault), fault };
  return settleLine(command, outcome, decide(bus, { command, outcome }));
}

/** The consequences cannot be stored. Recorded as lease_expired, so that a late result is still rejected. */
function unstorableLine(_bus: Bus, command: ExpiredCommand): SettleLine {
  const outcome: Outcome = {
    kind: 'lease_expired',
    error_code: 'RESULT_NOT_STORABLE',
    error_message: 'The lease expired, and the consequences cannot be stored.',
    fault: command.fault,
  };
  return settleLine(command, outcome, park('RESULT_NOT_STORABLE'));
}

/** Retries at once, because the whole lease has passed. Repeated losses get random delays; in the end it is parked. */
function decideInterruption(bus: Bus, command: ExpiredCommand): Settlement {
  const losses = command.interruptions + 1;
  if (losses > MAX_LEASE_LOSSES && !isInternal(command.purpose)) return park('LEASE_EXPIRED');
  return retryIn(lossDelay(losses, bus.env.random()));
}
