// Runs claimed commands: asks the hook for annotations, executes each attempt, and hands its outcome to the settler.

import type { ClaimedCommand } from '../model/command.ts';
import { backoff } from '../model/retry.ts';
import type { Bus } from './bus.ts';
import { executeAttempt } from './execute.ts';
import type { HandlerRegistry } from './handlers.ts';
import { settleUnhandled, splitHandled } from './no-handler.ts';
import { RunningAttempt, type RunningAttempts } from './running.ts';
import type { Settler } from './settler.ts';

const REFUSED_MS = { first: 100, max: 5_000 };

export class AttemptRunner {
  readonly #bus: Bus;
  readonly #registry: HandlerRegistry;
  readonly #running: RunningAttempts;
  readonly #settler: Settler;
  /** Attempts that a drain released: their outcomes are ignored. */
  readonly #released = new WeakSet<RunningAttempt>();
  /** Consecutive failures of `beforeExecute`. */
  #refusals = 0;

  constructor(bus: Bus, registry: HandlerRegistry, running: RunningAttempts, settler: Settler) {
    this.#bus = bus;
    this.#registry = registry;
    this.#running = running;
    this.#settler = settler;
  }

  /** Starts a claimed set. Calls `release` once per command, when its slot is free. */
  async start(claimed: ClaimedCommand[], claimed_at_ms: number, release: () => void): Promise<void> {
    const { handled, unhandled } = splitHandled(this.#registry, claimed);
    if (unhandled.length > 0) void this.#giveBack(unhandled, release);
    const attempts = handled.map((command) => new RunningAttempt(command, claimed_at_ms));
    for (const attempt of attempts) this.#running.add(attempt);
    const annotations = await this.#annotate(handled);
    for (const attempt of attempts) {
      if (annotations === null) this.#endUnstarted(attempt, release);
      else void this.#run(attempt, annotations.get(attempt.command_id), release);
    }
  }

  /** Waits for attempts until the deadline, then releases the rest. */
  async drain(drain_ms: number): Promise<void> {
    const { env } = this.#bus;
    const deadline_ms = env.monotonicMs() + drain_ms;
    const busy = () => this.#running.all().some((attempt) => !attempt.abandoned);
    while (busy() && env.monotonicMs() < deadline_ms) await env.sleep(20);
    for (const attempt of this.#running.all()) {
      this.#released.add(attempt);
      if (attempt.listens) this.#running.abort(attempt, 'The worker is stopping.');
      if (!attempt.abandoned) this.#settleReleased(attempt, attempt.began);
    }
  }

  /** What the hook knows of annotated commands; null when it failed, and then the set may not run. */
  async #annotate(commands: ClaimedCommand[]): Promise<ReadonlyMap<string, unknown> | null> {
    const { hooks, databaseHealth, env } = this.#bus;
    const annotated = commands.filter((command) => command.annotated);
    if (annotated.length === 0 || hooks.beforeExecute === undefined) return new Map();
    try {
      const annotations = await hooks.beforeExecute(annotated);
      this.#refusals = 0;
      return annotations;
    } catch (error) {
      databaseHealth.reportError(error, { size: commands.length }, 'beforeExecute failed; the set is given back');
      // Without a pause the same set would be claimed and given back as fast as the database can write.
      await env.sleep(backoff(this.#refusals++, REFUSED_MS));
      return null;
    }
  }

  /** If the lookup fails, the leases expire. */
  async #giveBack(unhandled: ClaimedCommand[], release: () => void): Promise<void> {
    const { databaseHealth } = this.#bus;
    try {
      for (const item of await settleUnhandled(this.#bus, unhandled)) this.#settler.push(item);
    } catch (error) {
      const fields = { size: unhandled.length };
      databaseHealth.reportError(error, fields, 'giving back commands without a handler failed');
    }
    for (const _ of unhandled) release();
  }

  #endUnstarted(attempt: RunningAttempt, release: () => void): void {
    this.#running.delete(attempt);
    if (!this.#released.has(attempt)) this.#settleReleased(attempt);
    release();
  }

  #settleReleased({ command }: RunningAttempt, began?: boolean): void {
    this.#settler.push({ command, outcome: { kind: 'released' }, abandoned: true, began });
  }

  async #run(attempt: RunningAttempt, annotation: unknown, release: () => void): Promise<void> {
    const running = this.#running;
    const { command } = attempt;
    const outcome = await executeAttempt(this.#bus, this.#registry, {
      command,
      annotation,
      signal: () => attempt.controller.signal,
      aborted: () => attempt.aborted,
      abandonLease: () => {
        if (attempt.abandoned) return;
        attempt.abandoned = true;
        running.hanging++;
        release();
      },
      began: () => {
        attempt.began = true;
      },
      extendLease: (lease_ms) => running.extendLease(attempt, lease_ms),
      dropOutcome: () => {
        attempt.dropped = true;
      },
    });
    running.delete(attempt);
    const { abandoned, began, dropped } = attempt;
    if (!this.#released.has(attempt) && (began || !dropped))
      this.#settler.push({ command, outcome, abandoned, began, dropped });
    if (abandoned) running.hanging--;
    else release();
  }
}
