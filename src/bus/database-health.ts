// Tracks whether the database responds to this process. Many parts notice an outage within seconds; it is logged once.
// Other failures are logged each time. Both are kept for a while, because the health of workers depends on them.

import { isAway, isRetryable, isStatementLost } from '../db/pool.ts';
import type { Env } from '../model/env.ts';

const POOLED =
  'a pooler seems to give each transaction another session (transaction mode), which cannot work: use session mode';
const REPEATED = { times: 3, within_ms: 15_000 };

export class DatabaseHealth {
  readonly #env: Env;
  readonly #recordOutage: (away_ms: number) => unknown;
  /** When each failure happened lately, by message. */
  readonly #failures = new Map<string, number[]>();
  #recording = false;
  #since_ms: number | null = null;
  #until_ms: number | null = null;

  /**
   * `recordOutage` is called with the length of an outage when the database answers again. The outage is over only once
   * that is written: a read-only database, or one whose disk is full, still answers queries.
   */
  constructor(env: Env, recordOutage: (away_ms: number) => unknown = () => {}) {
    this.#env = env;
    this.#recordOutage = recordOutage;
  }

  /** Something failed and will be retried. */
  reportError(error: unknown, fields: object, message: string): void {
    const { logger } = this.#env;
    if (!isAway(error)) {
      const times = [...(this.#failures.get(message) ?? []), this.#env.monotonicMs()];
      this.#failures.set(message, times.slice(-REPEATED.times));
      logger.warn({ err: error, ...fields }, isStatementLost(error) ? `${message}: ${POOLED}` : message);
    } else if (this.#since_ms === null) {
      this.#since_ms = this.#env.monotonicMs();
      logger.warn({ err: error, ...fields }, `the database is away (${message}); retrying until it is back`);
    }
  }

  /** The database answered. */
  reportSuccess(): void {
    if (this.#since_ms !== null && !this.#recording) void this.#endOutage(this.#since_ms);
  }

  /** Time since the database was last away, 0 while it is; null: never. */
  awayAgoMs(): number | null {
    if (this.#since_ms !== null) return 0;
    return this.#until_ms === null ? null : this.#env.monotonicMs() - this.#until_ms;
  }

  /** What failed at least three times within the last 15 s; null: nothing. */
  failing(): string | null {
    const since = this.#env.monotonicMs() - REPEATED.within_ms;
    for (const [message, times] of this.#failures)
      if (times.length === REPEATED.times && (times[0] as number) >= since) return message;
    return null;
  }

  async #endOutage(since_ms: number): Promise<void> {
    this.#recording = true;
    const until_ms = this.#env.monotonicMs();
    const away_ms = Math.round(until_ms - since_ms);
    const { logger } = this.#env;
    try {
      await this.#recordOutage(away_ms);
    } catch (error) {
      if (isRetryable(error)) return;
      logger.warn({ err: error, away_ms }, 'an outage of the database could not be recorded');
    } finally {
      this.#recording = false;
    }
    this.#until_ms = until_ms;
    this.#since_ms = null;
    logger.info({ away_ms }, `the database is back after ${away_ms} ms`);
  }
}
