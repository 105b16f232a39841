// The settler: gathers outcomes into sets and writes them. While it writes one set, it gathers the next.
// It waits for an unavailable database, however long, and splits off a bad item, so that only this item fails.

import { TooLargeError } from '../db/json.ts';
import { isBadData, isRetryable } from '../db/pool.ts';
import { bisect } from '../model/batching.ts';
import { park } from '../model/command.ts';
import { backoff } from '../model/retry.ts';
import type { Bus } from './bus.ts';
import { type Settled, type SettleItem, settleSet } from './settle.ts';

const MAX_SET = 500;
/**
 * While some commits wait for the disk, others compute. Measured share of the in-server rate: 2: 0.44, 3: 0.47, 4:
 * 0.58.
 */
const MAX_CONCURRENT = 4;
const BACKOFF_MS = { first: 50, max: 5_000 };
/** The number of tries for an item that fails for an unknown reason, before its lease is left to expire. */
const MAX_UNKNOWN_FAILURES = 5;

export class Settler {
  readonly #bus: Bus;
  readonly #onSettled: (settled: readonly Settled[]) => void;
  #queue: SettleItem[] = [];
  #unwritten = 0;
  #writing = 0;
  #abandoned = false;
  #scheduled = false;
  readonly #idleWaiters: (() => void)[] = [];
  readonly #shrinkWaiters: (() => void)[] = [];

  constructor(bus: Bus, onSettled: (settled: readonly Settled[]) => void) {
    this.#bus = bus;
    this.#onSettled = onSettled;
  }

  push(item: SettleItem): void {
    this.#queue.push(item);
    this.#unwritten++;
    // One turn of the event loop gathers what ends together.
    if (!this.#scheduled && this.#writing < MAX_CONCURRENT) {
      this.#scheduled = true;
      setImmediate(() => this.#pump());
    }
  }

  /** Outcomes not yet written. Claiming waits while there are too many, so that no lease expires in this queue. */
  get backlog(): number {
    return this.#unwritten;
  }

  /** Resolves when the backlog has shrunk, or everything is written. */
  shrunk(): Promise<void> {
    return this.#unwritten === 0 ? Promise.resolve() : new Promise((resolve) => void this.#shrinkWaiters.push(resolve));
  }

  /** Resolves when everything pushed so far is written, rejected or given up. */
  idle(): Promise<void> {
    return this.#isIdle() ? Promise.resolve() : new Promise((resolve) => void this.#idleWaiters.push(resolve));
  }

  /** Stops waiting for the database; unwritten outcomes are left to their leases. */
  abandon(): void {
    this.#abandoned = true;
  }

  #isIdle(): boolean {
    return this.#queue.length === 0 && this.#writing === 0;
  }

  #pump(): void {
    this.#scheduled = false;
    while (this.#queue.length > 0 && this.#writing < MAX_CONCURRENT) {
      const set = this.#queue.slice(0, MAX_SET);
      this.#queue = this.#queue.slice(MAX_SET);
      this.#writing++;
      void this.#write(set);
    }
    if (this.#isIdle()) for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }

  /** Never throws. */
  async #write(set: SettleItem[]): Promise<void> {
    try {
      const parts = await bisect(set, {
        run: (items) => this.#settle(items),
        isFatal: () => false,
        onFailed: (item, error) => this.#settleFailed(item, error),
      });
      this.#onSettled(parts.flat());
    } catch (error) {
      this.#bus.env.logger.error({ err: error }, 'onSettled threw');
    }
    this.#writing--;
    this.#unwritten -= set.length;
    for (const resolve of this.#shrinkWaiters.splice(0)) resolve();
    this.#pump();
  }

  /** Retries while the database is unavailable; throws anything else. */
  async #settle(set: readonly SettleItem[]): Promise<Settled[]> {
    for (let failures = 0; !this.#abandoned; failures++) {
      try {
        return await settleSet(this.#bus, set);
      } catch (error) {
        if (!isRetryable(error)) throw error;
        const fields = { size: set.length, failures };
        this.#bus.databaseHealth.reportError(error, fields, 'settling failed, trying again');
        await this.#pause(failures);
      }
    }
    return [];
  }

  async #settleFailed(item: SettleItem, error: unknown, failures = 1): Promise<Settled[]> {
    if (failures >= MAX_UNKNOWN_FAILURES) {
      const { command_id } = item.command;
      this.#bus.env.logger.error({ err: error, command_id }, 'gave up settling an attempt; its lease will expire');
      return [];
    }
    const bad = isBadData(error);
    if (!bad) await this.#pause(failures);
    const next = bad ? unstorable(item, error) : item;
    return this.#settle([next]).catch((again) => this.#settleFailed(next, again, failures + 1));
  }

  #pause(failures: number): Promise<void> {
    const { env } = this.#bus;
    return env.sleep(backoff(failures, BACKOFF_MS) * (0.5 + env.random() / 2));
  }
}

/** The outcome of an attempt whose own outcome cannot be stored. Its text is fixed, so it can be stored. */
function unstorable(item: SettleItem, error: unknown): SettleItem {
  return {
    ...item,
    outcome: {
      kind: 'permanent',
      error_code: 'RESULT_NOT_STORABLE',
      error_message:
        error instanceof TooLargeError
          ? `The result ${error.message}.`
          : 'The result, the error or their consequences cannot be stored, for example because of a NUL byte.',
      // The fault that marks a success does not explain this failure.
      fault: item.outcome.kind === 'success' ? null : (item.outcome.fault ?? null),
    },
    settlement: park('RESULT_NOT_STORABLE'),
  };
}
