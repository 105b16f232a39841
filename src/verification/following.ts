// What must follow from the attempts of a command, one after another, by its policy: whether it is tried again, when, or who is asked.
// Pure; the bus decides the same from the row it claimed, this from the attempts that were recorded.

import { lossDelay, MAX_LEASE_LOSSES, retryDelay, retryRound, withJitter } from '../model/retry.ts';
import type { AttemptRecord, CommandRecord } from './queries/command-text.ts';

/** The part of a batch's policy that its commands share. */
export interface RetryTimes {
  backoff_ms: readonly number[];
  jitter_pct: number;
}

/** What must follow from an attempt. */
export interface Following {
  effect: string;
  /** Why it waits for an operator. */
  reason: string | null;
  /** Between which ms it must be tried again; null where it must not be. */
  delay_ms: readonly [least: number, most: number] | null;
}

const COMPLETED: Following = { effect: 'COMPLETED', reason: null, delay_ms: null };
const FAILED: Following = { effect: 'FAILED', reason: null, delay_ms: null };
/** A worker without a handler for it leaves it to others for as long as it sees fit. */
const RELEASED: Following = { effect: 'RELEASED', reason: null, delay_ms: [0, Number.POSITIVE_INFINITY] };
const parked = (reason: string): Following => ({ effect: 'TSQ', reason, delay_ms: null });

/** The policy at work on one command. */
export class PolicyReplay {
  readonly #record: CommandRecord;
  readonly #times: RetryTimes;
  /** The attempt that is the last one before an operator is asked. */
  limit: number;
  /** Leases lost since it was sent, or since an operator retried it. */
  losses = 0;

  constructor(record: CommandRecord, times: RetryTimes) {
    this.#record = record;
    this.#times = times;
    this.limit = record.max_attempts;
  }

  /** An operator retried it when so many attempts were done: all of them are had again. */
  renew(done: number): void {
    this.limit = done + this.#record.max_attempts;
    this.losses = 0;
  }

  /** Of one that was not terminated. */
  after(attempt: AttemptRecord): Following {
    if (attempt.reason === 'RESULT_NOT_STORABLE') {
      if (attempt.outcome === 'lease_expired' && attempt.fault === null) this.#countLoss();
      return parked('RESULT_NOT_STORABLE');
    }
    switch (attempt.outcome) {
      case 'success':
        return COMPLETED;
      case 'permanent':
        return parked('PERMANENT');
      case 'business_rule':
        return this.#record.purpose === 'compensation' ? parked('COMPENSATION_FAILED') : FAILED;
      case 'released':
        this.limit++;
        return RELEASED;
      case 'lease_expired':
        return attempt.fault === null ? this.#afterLoss() : this.#afterFailure(attempt);
    }
    return this.#afterFailure(attempt);
  }

  #afterFailure({ attempt }: AttemptRecord): Following {
    const { max_attempts } = this.#record;
    if (attempt >= this.limit) return parked('EXHAUSTED');
    const { backoff_ms, jitter_pct } = this.#times;
    const round = retryRound({ attempts: attempt, attempts_limit: this.limit, max_attempts });
    const most = retryDelay(round, backoff_ms);
    return { effect: 'RETRY', reason: null, delay_ms: [withJitter(most, jitter_pct, 1), most] };
  }

  #countLoss(): void {
    this.limit++;
    this.losses++;
  }

  #afterLoss(): Following {
    this.#countLoss();
    if (this.losses > MAX_LEASE_LOSSES) return parked('LEASE_EXPIRED');
    return { effect: 'RETRY', reason: null, delay_ms: [0, lossDelay(this.losses, 1)] };
  }
}
