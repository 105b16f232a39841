// Derives what must follow from the attempts of a command under its retry policy: a retry and its time, an end, or
// parking.
// Pure. The bus decides from the row it claimed; this replay decides from the recorded attempts.

import { lossDelay, MAX_LEASE_LOSSES, retryDelay, retryRound, withJitter } from '../../model/retry.ts';
import type { RecordedAttempt, RecordedBatch, RecordedCommand } from '../queries/recorded.ts';

export interface ExpectedEffect {
  effect: string;
  /** Why the command waits for an operator. */
  reason: string | null;
  /** The bounds of the delay before the next attempt; null where there must be none. */
  delay_ms: readonly [min: number, max: number] | null;
}

const ended = (effect: string): ExpectedEffect => ({ effect, reason: null, delay_ms: null });
const parked = (reason: string): ExpectedEffect => ({ effect: 'TSQ', reason, delay_ms: null });

export class RetryReplay {
  readonly #command: RecordedCommand;
  readonly #batch: RecordedBatch;
  /** The number of the last attempt before the command is parked. */
  limit: number;
  /** Leases lost since the command was sent, or retried by an operator. */
  losses = 0;

  constructor(command: RecordedCommand, batch: RecordedBatch) {
    this.#command = command;
    this.#batch = batch;
    this.limit = command.max_attempts;
  }

  /** An operator retried the command after `done` attempts. */
  renew(done: number): void {
    this.limit = done + this.#command.max_attempts;
    this.losses = 0;
  }

  /** @param attempt one that was not terminated */
  after(attempt: RecordedAttempt): ExpectedEffect {
    const lost = attempt.outcome === 'lease_expired' && attempt.fault === null;
    if (lost) {
      this.limit++;
      this.losses++;
    }
    if (attempt.reason === 'RESULT_NOT_STORABLE') return parked('RESULT_NOT_STORABLE');
    if (lost && this.losses > MAX_LEASE_LOSSES) return parked('LEASE_EXPIRED');
    if (lost) return { effect: 'RETRY', reason: null, delay_ms: [0, lossDelay(this.losses, 1)] };
    switch (attempt.outcome) {
      case 'success':
        return ended('COMPLETED');
      case 'permanent':
        return parked('PERMANENT');
      case 'business_rule':
        return this.#command.purpose === 'compensation' ? parked('COMPENSATION_FAILED') : ended('FAILED');
      case 'released':
        this.limit++;
        // A worker without a handler delays the next attempt as long as it likes.
        return { effect: 'RELEASED', reason: null, delay_ms: [0, Number.POSITIVE_INFINITY] };
    }
    return this.#afterFailure(attempt.attempt);
  }

  #afterFailure(attempt: number): ExpectedEffect {
    const { max_attempts } = this.#command;
    if (attempt >= this.limit) return parked('EXHAUSTED');
    const { backoff_ms, jitter_pct } = this.#batch;
    const max = retryDelay(retryRound({ attempts: attempt, attempts_limit: this.limit, max_attempts }), backoff_ms);
    return { effect: 'RETRY', reason: null, delay_ms: [withJitter(max, jitter_pct, 1), max] };
  }
}
