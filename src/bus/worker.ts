// The worker: claims in its domains, executes, settles, renews its leases, and reaps those of others.
// Stops in order: claim no more, let attempts end, release what does not, settle, leave.

import { expireWorkerLeases } from '../db/queries/claims.ts';
import { beatWorker, insertWorker } from '../db/queries/workers.ts';
import type { ClaimedCommand } from '../model/command.ts';
import type { Timer } from '../model/env.ts';
import { ConfigurationError } from '../model/errors.ts';
import { type Bus, INTERNAL_DOMAIN } from './bus.ts';
import { expireDeadlines } from './deadlines.ts';
import { DomainLoop } from './domain-loop.ts';
import { executeAttempt } from './execute.ts';
import type { HandlerRegistry } from './handlers.ts';
import { CROWDED, createHealthMonitor } from './health.ts';
import { settleUnhandled, splitHandled } from './no-handler.ts';
import { type BackingOff, reapAllExpired } from './reap.ts';
import { RunningAttempt, RunningAttempts } from './running.ts';
import type { Settled } from './settle.ts';
import { createSettler } from './settler.ts';
import { type SlotOptions, slotsOf } from './slots.ts';
import { terminationTopic } from './terminate.ts';

export interface WorkerOptions {
  bus: Bus;
  registry: HandlerRegistry;
  worker_id?: string;
  /** For people: how the worker is listed. */
  name?: string;
  /** Domains to work (all that have handlers). */
  domains?: readonly string[];
  /** Attempts at a time per domain: as the settings say (100), or for every domain alike, or by domain, `*` for the others. */
  slots?: SlotOptions;
  /** How often to look for work that nobody woken at: as the settings say (1,000). */
  poll_ms?: number;
  /** How long a drain waits for attempts before it releases them: as the settings say (20,000). */
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

const TICK_MS = 250;
const BEAT_EVERY_TICKS = 8;
/** Ten seconds: longer than a server takes to notice that nobody is at the other end, and to end what it has under way. */
const TAKE_OVER_TICKS = 40;
const REFUSED_MS = { first: 100, most: 5_000 };

export function createWorker(options: WorkerOptions): Worker {
  const { bus, registry } = options;
  const domains = [...new Set(options.domains ?? registry.domains())];
  if (domains.length === 0) throw new ConfigurationError('A worker needs at least one domain with handlers.');
  const slots = slotsOf(bus, domains, options.slots);
  const worker_id = options.worker_id ?? bus.env.newId();
  const running = new RunningAttempts(bus);
  const counters = { settled: 0 };
  /** How often in a row beforeExecute could not be asked. */
  let refusals = 0;
  const settler = createSettler(bus, (settled) => {
    counters.settled += settled.length;
    wakeCapped(bus, settled);
    options.onSettled?.(settled);
  });

  const startSet = async (claimed: ClaimedCommand[], claimed_at_ms: number, release: () => void) => {
    const { handled: commands, unhandled } = splitHandled(registry, claimed);
    if (unhandled.length > 0) void giveBack(unhandled, release);
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

  /** Whoever cannot be looked up now is left to its lease. */
  const giveBack = async (unhandled: ClaimedCommand[], release: () => void) => {
    try {
      for (const item of await settleUnhandled(bus, unhandled)) settler.push(item);
    } catch (error) {
      bus.outage.failed(error, { size: unhandled.length }, 'giving back commands without a handler failed');
    }
    for (const _ of unhandled) release();
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
    if (!released.has(attempt) && (began || !dropped)) settler.push({ command, outcome, abandoned, began, dropped });
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
        slots: () => slots(domain),
        poll_ms: () => options.poll_ms ?? bus.settings().poll_ms,
        worker_id,
        settler,
        start: (commands, at, release) => void startSet(commands, at, release),
      }),
  );
  const loopOf = new Map(domains.map((domain, index) => [domain, loops[index] as DomainLoop]));

  const backingOff: BackingOff = new Map();
  const health = createHealthMonitor(bus, worker_id);
  let stopListening = () => {};
  let stopChanges = () => {};
  let ticks = 0;
  let timer: Timer | null = null;
  let ticking: Promise<void> | null = null;
  let status: 'RUNNING' | 'DRAINING' | 'STOPPED' = 'RUNNING';

  /** What a dead worker had sent last may be committed after its successor first looked. */
  const takeOver = async () => {
    if (options.replaces === undefined || ticks > TAKE_OVER_TICKS || ticks % 4 !== 0) return;
    await expireWorkerLeases(bus.pool, options.replaces);
  };

  const tick = async () => {
    await running.renewDue();
    if (crowdedDomain() !== null) options.onUnhealthy?.(CROWDED);
    try {
      await takeOver();
      await reapAllExpired(bus, backingOff);
      for (let lane = 0; lane < bus.lanes; lane++) while ((await expireDeadlines(bus, lane)) === 500);
      if (ticks++ % BEAT_EVERY_TICKS === 0) await beat();
      bus.outage.answered();
    } catch (error) {
      bus.outage.failed(error, {}, 'maintenance failed, trying again');
    }
  };

  /** A domain of which handlers that ignored their abort hold more than half of the slots. */
  const crowdedDomain = () => {
    for (const [domain, zombies] of running.zombies) if (zombies > slots(domain) / 2) return domain;
    return null;
  };

  const beat = () => {
    const zombies = [...running.zombies.values()].reduce((sum, count) => sum + count, 0);
    return beatWorker(bus.pool, {
      worker_id,
      status,
      slots: slotCount(),
      in_flight: running.size - running.hanging,
      hanging: running.hanging,
      settled_count: counters.settled,
      by_domain: Object.fromEntries(
        domains.map((domain) => [domain, { slots: slots(domain), in_flight: loopOf.get(domain)?.used ?? 0 }]),
      ),
      ...health.sample({
        zombies,
        crowded_domain: crowdedDomain(),
        settled_count: counters.settled,
        backlog: settler.backlog(),
      }),
    });
  };

  /** Over the domains that people see. */
  const slotCount = () =>
    domains.filter((domain) => domain !== INTERNAL_DOMAIN).reduce((sum, domain) => sum + slots(domain), 0);

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
    const deadline_ms = bus.env.monotonicMs() + (options.drain_ms ?? bus.settings().drain_ms);
    const busy = () => running.all().some((attempt) => !attempt.abandoned);
    while (busy() && bus.env.monotonicMs() < deadline_ms) await new Promise<void>((r) => void bus.env.after(20, r));
    for (const attempt of running.all()) {
      released.add(attempt);
      if (attempt.listens) running.abort(attempt, 'The worker is stopping.');
      if (attempt.abandoned) continue;
      const { command, began } = attempt;
      settler.push({ command, outcome: { kind: 'released' }, abandoned: true, began });
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
    stopListening();
    stopChanges();
    await beat().catch(() => {});
    health.stop();
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
        slots: slotCount(),
      });
      stopListening = bus.notifier.onWakeUp((topic) => {
        if (topic !== terminationTopic(worker_id)) return loopOf.get(topic)?.wake();
        // What cannot be asked now is asked with the next renewal.
        running.abortLost().catch((error) => bus.outage.failed(error, {}, 'looking for what was terminated failed'));
      });
      stopChanges = bus.control.onChange(() => {
        for (const loop of loops) loop.changed();
      });
      for (const loop of loops) loop.start();
      scheduleTick();
    },
    stop: () => (stopping ??= stop()),
  };
}

/** What ended makes room in a domain with a cap, which other workers may be waiting for. */
function wakeCapped(bus: Bus, settled: readonly Settled[]): void {
  const capped = new Set<string>();
  for (const { item } of settled) {
    const { domain } = item.command;
    if ((bus.control.domain(domain)?.max_in_flight ?? null) !== null) capped.add(domain);
  }
  bus.notifier.wake(capped);
}
