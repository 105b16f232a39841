// The worker: claims in its domains, executes, settles, renews its leases, and reaps those of others.
// Stops in order: claim no more, let attempts end, release what does not, settle, leave.

import { expireWorkerLeases } from '../db/queries/claims.ts';
import { beatWorker, insertWorker } from '../db/queries/workers.ts';
import type { ClaimedCommand } from '../model/command.ts';
import type { Timer } from '../model/env.ts';
import { ConfigurationError } from '../model/errors.ts';
import { type Bus, OWN_DOMAIN } from './bus.ts';
import { DomainLoop } from './domain-loop.ts';
import { executeAttempt } from './execute.ts';
import type { HandlerRegistry } from './handlers.ts';
import { reapExpired } from './reap.ts';
import { RunningAttempt, RunningAttempts } from './running.ts';
import type { Settled } from './settle.ts';
import { createSettler } from './settler.ts';

export interface WorkerOptions {
  bus: Bus;
  registry: HandlerRegistry;
  worker_id?: string;
  /** For people: how the worker is listed. */
  name?: string;
  /** Domains to work (all that have handlers). */
  domains?: readonly string[];
  /** Attempts at a time per domain (100). Faultline's own domain has 2: a chunk is 1,000 processes at once. */
  slots?: number;
  poll_ms?: number;
  /** How long a drain waits for attempts before it releases them (20,000). */
  drain_ms?: number;
  /** A worker known to be dead, whose leases this one ends at once. */
  replaces?: string;
  /** Hears of every set that was settled. */
  onSettled?(settled: readonly Settled[]): void;
  /** Called when too many handlers ignore their abort: the process should be replaced. */
  onUnhealthy?(reason: string): void;
}

export interface Worker {
  worker_id: string;
  start(): Promise<void>;
  /** Ends cleanly; resolves when nothing of it is left. Safe to call twice. */
  stop(): Promise<void>;
}

const OWN_SLOTS = 2;
const TICK_MS = 250;
const BEAT_EVERY_TICKS = 8;
const REFUSED_MS = { first: 100, most: 5_000 };

export function createWorker(options: WorkerOptions): Worker {
  const { bus, registry } = options;
  const slots = options.slots ?? 100;
  const domains = [...new Set(options.domains ?? registry.domains())];
  if (domains.length === 0) throw new ConfigurationError('A worker needs at least one domain with handlers.');
  const worker_id = options.worker_id ?? bus.env.newId();
  const running = new RunningAttempts(bus);
  const counters = { settled: 0 };
  /** How often in a row beforeExecute could not be asked. */
  let refusals = 0;
  const settler = createSettler(bus, (settled) => {
    counters.settled += settled.length;
    options.onSettled?.(settled);
  });

  const startSet = async (commands: ClaimedCommand[], claimed_at_ms: number, release: () => void) => {
    const attempts = commands.map((command) => new RunningAttempt(command, claimed_at_ms));
    for (const attempt of attempts) running.add(attempt);
    const annotations = await annotate(commands);
    for (const attempt of attempts) {
      if (annotations === null) endUnstarted(attempt, release);
      else void runOne(attempt, annotations.get(attempt.command_id), release);
    }
  };

  /** What the hook has to say of annotated commands; null when it cannot be asked, and then the set may not run. */
  const annotate = async (commands: ClaimedCommand[]): Promise<ReadonlyMap<string, unknown> | null> => {
    const annotated = commands.filter((command) => command.annotated);
    if (annotated.length === 0 || bus.hooks.beforeExecute === undefined) return new Map();
    try {
      const annotations = await bus.hooks.beforeExecute(annotated);
      refusals = 0;
      return annotations;
    } catch (error) {
      bus.outage.failed(error, { size: commands.length }, 'beforeExecute failed; the set is given back');
      // Later, or the same set comes and goes as fast as the database can write it.
      const pause_ms = Math.min(REFUSED_MS.first * 2 ** refusals++, REFUSED_MS.most);
      await new Promise<void>((resolve) => void bus.env.after(pause_ms, resolve));
      return null;
    }
  };

  const endUnstarted = (attempt: RunningAttempt, release: () => void) => {
    running.delete(attempt);
    if (!released.has(attempt))
      settler.push({ command: attempt.command, outcome: { kind: 'released' }, abandoned: true });
    release();
  };

  const runOne = async (attempt: RunningAttempt, annotation: unknown, release: () => void) => {
    const abandonLease = () => {
      if (attempt.abandoned) return;
      attempt.abandoned = true;
      running.hanging++;
      release();
    };
    const { command } = attempt;
    const middleware = bus.hooks.middleware ?? [];
    const outcome = await executeAttempt(bus.env, registry, middleware, {
      command,
      annotation,
      signal: () => attempt.controller.signal,
      aborted: () => attempt.aborted,
      abandonLease,
    });
    running.delete(attempt);
    if (!released.has(attempt)) settler.push({ command, outcome, abandoned: attempt.abandoned });
    if (attempt.abandoned) running.hanging--;
    else release();
  };

  /** Attempts a drain gave back: what they still come to is of no interest. */
  const released = new WeakSet<RunningAttempt>();

  const loops = domains.map(
    (domain) =>
      new DomainLoop({
        bus,
        domain,
        slots: domain === OWN_DOMAIN ? OWN_SLOTS : slots,
        poll_ms: options.poll_ms ?? 1_000,
        worker_id,
        settler,
        start: (commands, at, release) => void startSet(commands, at, release),
      }),
  );
  const loopOf = new Map(domains.map((domain, index) => [domain, loops[index] as DomainLoop]));

  let stopHints = () => {};
  let ticks = 0;
  let timer: Timer | null = null;
  let ticking: Promise<void> | null = null;
  let status: 'RUNNING' | 'DRAINING' | 'STOPPED' = 'RUNNING';

  const tick = async () => {
    await running.renewDue();
    if (running.zombies > slots / 2)
      options.onUnhealthy?.('more than half of the slots are held by handlers that ignore their abort');
    try {
      for (let lane = 0; lane < bus.lanes; lane++) while ((await reapExpired(bus, lane)) === 500);
      if (ticks++ % BEAT_EVERY_TICKS === 0) await beat();
      bus.outage.answered();
    } catch (error) {
      bus.outage.failed(error, {}, 'maintenance failed, trying again');
    }
  };

  const beat = () =>
    beatWorker(bus.pool, {
      worker_id,
      status,
      in_flight: running.size - running.hanging,
      hanging: running.hanging,
      settled_count: counters.settled,
    });

  const scheduleTick = () => {
    timer = bus.env.after(TICK_MS, () => {
      if (status === 'STOPPED') return;
      scheduleTick();
      // A database that does not answer holds the last tick up; leases run out all the same.
      if (ticking !== null) return running.abortOverdue();
      ticking = tick().finally(() => {
        ticking = null;
      });
    });
  };

  const drain = async () => {
    const deadline_ms = bus.env.monotonicMs() + (options.drain_ms ?? 20_000);
    const busy = () => running.all().some((attempt) => !attempt.abandoned);
    while (busy() && bus.env.monotonicMs() < deadline_ms) await new Promise<void>((r) => void bus.env.after(20, r));
    for (const attempt of running.all()) {
      released.add(attempt);
      if (attempt.abandoned) continue;
      running.abort(attempt, 'The worker is stopping.');
      settler.push({ command: attempt.command, outcome: { kind: 'released' }, abandoned: true });
    }
    const giveUp = bus.env.after(5_000, () => settler.abandon());
    await settler.idle();
    giveUp.clear();
  };

  let stopping: Promise<void> | null = null;
  const stop = async () => {
    status = 'DRAINING';
    await Promise.all(loops.map((loop) => loop.stop()));
    await beat().catch(() => {});
    await drain();
    status = 'STOPPED';
    timer?.clear();
    await ticking;
    stopHints();
    await beat().catch(() => {});
  };

  return {
    worker_id,
    async start() {
      if (options.replaces !== undefined) await expireWorkerLeases(bus.pool, options.replaces);
      await insertWorker(bus.pool, {
        worker_id,
        name: options.name ?? `worker ${process.pid}`,
        pid: process.pid,
        domains,
        slots,
      });
      stopHints = bus.hints.onHint((domain) => loopOf.get(domain)?.hint());
      for (const loop of loops) loop.start();
      scheduleTick();
    },
    stop: () => (stopping ??= stop()),
  };
}
