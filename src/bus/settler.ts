// The settler: gathers outcomes into sets and sees each set through. While one set is written the next one gathers.
// A broken database is waited for; a bad item is split off by halves, so that it never takes others with it.

import { TooLargeError } from '../db/json.ts';
import { isBadData, isRetryable } from '../db/pool.ts';
import { park } from '../model/command.ts';
import type { Bus } from './bus.ts';
import { type Settled, type SettleItem, settleSet } from './settle.ts';

const MAX_SET = 500;
/** While some wait for their commit to reach the disk, others compute: measured, 2 gave 0.44 of the in-server rate, 3 0.47, 4 0.58. */
const MAX_CONCURRENT = 4;
const BACKOFF_MS = { first: 50, most: 5_000 };
/** A set that fails for a reason we do not know is tried this often before its leases are left to run out. */
const MAX_UNKNOWN_FAILURES = 5;

export interface Settler {
  push(item: SettleItem): void;
  /** Outcomes not yet written: claiming waits while there are too many, so that no lease runs out in this queue. */
  backlog(): number;
  /** Resolves when the backlog has shrunk, or everything is written. */
  shrunk(): Promise<void>;
  /** Resolves when everything pushed so far is written, refused or given up. */
  idle(): Promise<void>;
  /** Gives up waiting for the database: what is not written is left to its lease. */
  abandon(): void;
}

export function createSettler(
  bus: Bus,
  onSettled: (settled: readonly Settled[], set: readonly SettleItem[]) => void,
): Settler {
  let queue: SettleItem[] = [];
  let unwritten = 0;
  let writing = 0;
  let abandoned = false;
  let scheduled = false;
  let waiters: (() => void)[] = [];
  const shrinkWaiters: (() => void)[] = [];

  const pump = () => {
    scheduled = false;
    while (queue.length > 0 && writing < MAX_CONCURRENT) {
      const set = queue.slice(0, MAX_SET);
      queue = queue.slice(MAX_SET);
      writing++;
      void write(set)
        .then((settled) => onSettled(settled, set))
        // Whoever listens is not the worker's business: what he throws must not end it.
        .catch((error) => bus.env.logger.error({ err: error }, 'onSettled threw'))
        .finally(() => {
          writing--;
          unwritten -= set.length;
          for (const resolve of shrinkWaiters.splice(0)) resolve();
          pump();
        });
    }
    if (queue.length === 0 && writing === 0) {
      for (const resolve of waiters) resolve();
      waiters = [];
    }
  };

  /** Sees a set through, whatever it takes. Never throws. */
  const write = async (set: SettleItem[]): Promise<Settled[]> => {
    for (let failures = 0, unknown = 0; !abandoned; failures++) {
      try {
        return await settleSet(bus, set);
      } catch (error) {
        if (isRetryable(error)) {
          bus.outage.failed(error, { size: set.length, failures }, 'settling failed, trying again');
          await pause(Math.min(BACKOFF_MS.first * 2 ** failures, BACKOFF_MS.most));
        } else if (set.length > 1) {
          return writeHalves(set);
        } else if (isBadData(error)) {
          return write([unstorable(set[0] as SettleItem, error)]);
        } else if (++unknown >= MAX_UNKNOWN_FAILURES) {
          bus.env.logger.error(
            { err: error, command_id: set[0]?.command.command_id },
            'settling given up; the lease will run out',
          );
          return [];
        } else {
          await pause(BACKOFF_MS.first * 2 ** unknown);
        }
      }
    }
    return [];
  };

  const writeHalves = async (set: SettleItem[]): Promise<Settled[]> => {
    const middle = set.length >> 1;
    const first = await write(set.slice(0, middle));
    return [...first, ...(await write(set.slice(middle)))];
  };

  const pause = (ms: number) =>
    new Promise<void>((resolve) => void bus.env.after(ms * (0.5 + bus.env.random() / 2), resolve));

  return {
    push(item) {
      queue.push(item);
      unwritten++;
      // One turn of the event loop gathers what ends together.
      if (!scheduled && writing < MAX_CONCURRENT) {
        scheduled = true;
        setImmediate(pump);
      }
    },
    idle: () =>
      queue.length === 0 && writing === 0 ? Promise.resolve() : new Promise((resolve) => void waiters.push(resolve)),
    backlog: () => unwritten,
    shrunk: () => (unwritten === 0 ? Promise.resolve() : new Promise((resolve) => void shrinkWaiters.push(resolve))),
    abandon() {
      abandoned = true;
    },
  };
}

/** The outcome of an attempt whose own outcome cannot be stored. Its text is ours, so this one can. */
function unstorable(item: SettleItem, error: unknown): SettleItem {
  return {
    ...item,
    outcome: {
      kind: 'permanent',
      error_code: 'RESULT_NOT_STORABLE',
      error_message:
        error instanceof TooLargeError
          ? `The result ${error.message}.`
          : 'The result, the error or what follows from it cannot be stored, for example because of a NUL byte.',
      // A success may carry a mark; that it cannot be stored is real all the same.
      fault: item.outcome.kind === 'success' ? null : (item.outcome.fault ?? null),
    },
    settlement: park('RESULT_NOT_STORABLE'),
  };
}
