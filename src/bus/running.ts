// The attempts in progress in one worker: their leases, their abort signals, and the slots they hold.
// Lost leases and cancelled commands are handled alike: an attempt whose lease is not renewed is aborted.

import { extendLeaseIfHeld, type HeldClaim, readHeldClaims, renewLeasesIfHeld } from '../db/queries/claims.ts';
import type { ClaimedCommand } from '../model/command.ts';
import { InvalidInputError, LeaseLostError } from '../model/errors.ts';
import { byLane } from '../model/ids.ts';
import { isWithin, LIMITS, rangeMessage } from '../model/limits.ts';
import type { Bus } from './bus.ts';

/** A handler still running this long after its abort is a zombie and keeps its slot. */
const ZOMBIE_AFTER_MS = 5_000;

export class RunningAttempt implements HeldClaim {
  readonly command: ClaimedCommand;
  /** Created on first use: most attempts end without it. */
  #controller: AbortController | null = null;
  /** On this process's monotonic clock, counted from before the claim was sent. */
  lease_ends_at_ms: number;
  abandoned = false;
  /** Its handler was called, so its effect may have happened. */
  began = false;
  zombie = false;
  /** Its outcome is not settled. */
  dropped = false;

  constructor(command: ClaimedCommand, claimed_at_ms: number) {
    this.command = command;
    this.lease_ends_at_ms = claimed_at_ms + command.lease_ms;
  }

  get controller(): AbortController {
    this.#controller ??= new AbortController();
    return this.#controller;
  }

  get aborted(): boolean {
    return this.#controller?.signal.aborted ?? false;
  }

  /** It has a handler to abort, or will have. */
  get listens(): boolean {
    return this.began || !this.abandoned;
  }

  /** The lease lasts at least this long. */
  keepUntil(at_ms: number): void {
    this.lease_ends_at_ms = Math.max(this.lease_ends_at_ms, at_ms);
  }

  get command_id(): string {
    return this.command.command_id;
  }

  get claim_id(): string {
    return this.command.claim_id;
  }
}

export class RunningAttempts {
  readonly #bus: Bus;
  readonly #attempts = new Set<RunningAttempt>();
  #renewing = false;
  hanging = 0;

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  add(attempt: RunningAttempt): void {
    this.#attempts.add(attempt);
  }

  delete(attempt: RunningAttempt): void {
    this.#attempts.delete(attempt);
  }

  get size(): number {
    return this.#attempts.size;
  }

  /** Handlers that ignored their abort and still hold their slot, by domain. */
  get zombies(): Map<string, number> {
    const zombies = new Map<string, number>();
    for (const { zombie, abandoned, command } of this.#attempts)
      if (zombie && !abandoned) zombies.set(command.domain, (zombies.get(command.domain) ?? 0) + 1);
    return zombies;
  }

  all(): RunningAttempt[] {
    return [...this.#attempts];
  }

  /** Aborts an attempt: its signal fires, and from then on it has 5 s before it counts as a zombie. */
  abort(attempt: RunningAttempt, reason: string): void {
    if (attempt.aborted) return;
    attempt.controller.abort(new Error(reason));
    const markZombie = () => {
      if (!this.#attempts.has(attempt)) return;
      attempt.zombie = true;
      this.#bus.env.logger.error(
        { command_id: attempt.command_id, type: attempt.command.type },
        'handler ignores its abort',
      );
    };
    this.#bus.env.after(ZOMBIE_AFTER_MS, markZombie, { unref: true });
  }

  /** @throws InvalidInputError, LeaseLostError */
  async extendLease(attempt: RunningAttempt, lease_ms: number): Promise<void> {
    if (!isWithin(lease_ms, LIMITS.lease_ms)) {
      const message = rangeMessage(LIMITS.lease_ms);
      throw new InvalidInputError(`A lease ${message}.`, [{ path: 'lease_ms', code: 'out_of_range', message }]);
    }
    const asked_at_ms = this.#bus.env.monotonicMs();
    const mine = !attempt.abandoned && !attempt.aborted;
    const { command } = attempt;
    if (mine && (await extendLeaseIfHeld(this.#bus.pool, command, lease_ms)))
      return attempt.keepUntil(asked_at_ms + lease_ms);
    if (!attempt.abandoned) this.abort(attempt, 'The lease was lost.');
    throw new LeaseLostError(command.command_id);
  }

  /** Aborts every attempt whose lease is no longer held, because commands were terminated. */
  async abortLost(): Promise<void> {
    const held = this.all().filter((attempt) => !attempt.abandoned && !attempt.aborted);
    for (const [lane, group] of byLane(held, (attempt) => attempt.command.lane)) {
      const still = await readHeldClaims(this.#bus.pool, lane, group);
      for (const attempt of group)
        if (!still.has(attempt.command_id) && this.#attempts.has(attempt)) this.abort(attempt, 'It was terminated.');
    }
  }

  /** Renews attempts that used up a third of their lease; aborts lost ones. */
  async renewDue(): Promise<void> {
    if (this.#renewing) return;
    this.#renewing = true;
    try {
      await this.#renew();
    } catch (error) {
      this.#bus.databaseHealth.reportError(error, {}, 'heartbeat failed');
    } finally {
      this.#renewing = false;
      this.abortOverdue();
    }
  }

  async #renew(): Promise<void> {
    const asked_at_ms = this.#bus.env.monotonicMs();
    const due = this.all().filter(
      (attempt) =>
        !attempt.abandoned &&
        !attempt.aborted &&
        attempt.lease_ends_at_ms - asked_at_ms < (attempt.command.lease_ms * 2) / 3,
    );
    for (const [lane, group] of byLane(due, (attempt) => attempt.command.lane)) {
      const renewed = await renewLeasesIfHeld(this.#bus.pool, lane, group);
      const missed = group.filter((attempt) => !renewed.has(attempt.command_id));
      // A locked row was skipped, not lost: read again without locking before aborting anything.
      const held = missed.length === 0 ? renewed : await readHeldClaims(this.#bus.pool, lane, missed);
      for (const attempt of group) {
        if (renewed.has(attempt.command_id)) attempt.keepUntil(asked_at_ms + attempt.command.lease_ms);
        else if (!held.has(attempt.command_id) && this.#attempts.has(attempt))
          this.abort(attempt, 'The lease was lost.');
      }
    }
  }

  /** Aborts attempts whose lease has expired by this process's clock, also while the database is away. */
  abortOverdue(): void {
    const now = this.#bus.env.monotonicMs();
    for (const attempt of this.#attempts) {
      if (attempt.listens && attempt.lease_ends_at_ms <= now) this.abort(attempt, 'The lease expired.');
    }
  }
}
