// The worker: claims in its domains, executes, settles, and maintains leases.
// To stop, it claims no more, lets attempts end, releases the rest, settles, and reports that it has stopped.

import { insertWorker } from '../db/queries/workers.ts';
import { ConfigurationError } from '../model/errors.ts';
import { AttemptRunner } from './attempt-runner.ts';
import type { Bus } from './bus.ts';
import { DomainLoop } from './domain-loop.ts';
import type { HandlerRegistry } from './handlers.ts';
import { Maintenance } from './maintenance.ts';
import { RunningAttempts } from './running.ts';
import type { Settled } from './settle.ts';
import { Settler } from './settler.ts';
import { type SlotOptions, slotsOf } from './slots.ts';
import { terminationTopic } from './terminate.ts';

export interface WorkerOptions {
  bus: Bus;
  registry: HandlerRegistry;
  worker_id?: string;
  /** Shown in lists of workers. */
  name?: string;
  /** Domains to work (all that have handlers). */
  domains?: readonly string[];
  /** Attempts at a time per domain (the setting, 100): for every domain, or by domain, `*` for the others. */
  slots?: SlotOptions;
  /** How often to poll for work that no wake-up announced (the setting, 1,000). */
  poll_ms?: number;
  /** How long a drain waits for attempts before it releases them (the setting, 20,000). */
  drain_ms?: number;
  /** A worker known to be dead, whose leases this one ends at once. */
  replaces?: string;
  /** Called with every set that was settled. */
  onSettled?(settled: readonly Settled[]): void;
  /** Called when too many handlers ignore their abort: the process should be replaced. */
  onUnhealthy?(reason: string): void;
}

export interface Worker {
  worker_id: string;
  start(): Promise<void>;
  /** Drains; resolves when nothing is left running. Safe to call twice. */
  stop(): Promise<void>;
}

const GIVE_UP_MS = 5_000;

export function createWorker(options: WorkerOptions): Worker {
  return new BusWorker(options);
}

class BusWorker implements Worker {
  readonly worker_id: string;
  readonly #options: WorkerOptions;
  readonly #settler: Settler;
  readonly #runner: AttemptRunner;
  readonly #running: RunningAttempts;
  readonly #maintenance: Maintenance;
  readonly #loops: ReadonlyMap<string, DomainLoop>;
  #settled_count = 0;
  #unsubscribe: (() => void)[] = [];
  #stopping: Promise<void> | null = null;

  constructor(options: WorkerOptions) {
    const { bus, registry, replaces, onUnhealthy } = options;
    const domains = [...new Set(options.domains ?? registry.domains())];
    if (domains.length === 0) throw new ConfigurationError('A worker needs at least one domain with handlers.');
    const slots = slotsOf(bus, domains, options.slots);
    const worker_id = options.worker_id ?? bus.env.newId();
    const running = new RunningAttempts(bus);
    const settler = new Settler(bus, (settled) => this.#onSettled(settled));
    const runner = new AttemptRunner(bus, registry, running, settler);
    const newLoop = (domain: string) =>
      new DomainLoop({
        bus,
        domain,
        slots: () => slots(domain),
        poll_ms: () => options.poll_ms ?? bus.settings().poll_ms,
        worker_id,
        settler,
        start: (commands, at_ms, release) => void runner.start(commands, at_ms, release),
      });
    this.worker_id = worker_id;
    this.#options = options;
    this.#settler = settler;
    this.#runner = runner;
    this.#running = running;
    const loops = new Map(domains.map((domain) => [domain, newLoop(domain)]));
    this.#loops = loops;
    const settledCount = () => this.#settled_count;
    const parts = { bus, worker_id, running, settler, loops, slots };
    this.#maintenance = new Maintenance({ ...parts, settledCount, replaces, onUnhealthy });
  }

  async start(): Promise<void> {
    const { bus, name = `worker ${process.pid}` } = this.#options;
    const { worker_id } = this;
    await this.#maintenance.takeOver();
    const domains = [...this.#loops.keys()];
    await insertWorker(bus.pool, { worker_id, name, pid: process.pid, domains, slots: this.#maintenance.slotCount });
    const terminated = terminationTopic(worker_id);
    this.#unsubscribe = [
      bus.notifier.onWakeUp((topic) => {
        if (topic === terminated) this.#abortTerminated();
        else this.#loops.get(topic)?.wake();
      }),
      bus.control.onChange(() => {
        for (const loop of this.#loops.values()) loop.wake();
      }),
    ];
    for (const loop of this.#loops.values()) loop.start();
    this.#maintenance.start();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const { bus, drain_ms = bus.settings().drain_ms } = this.#options;
    this.#maintenance.status = 'DRAINING';
    await Promise.all([...this.#loops.values()].map((loop) => loop.stop()));
    await this.#beat();
    await this.#runner.drain(drain_ms);
    const giveUp = bus.env.after(GIVE_UP_MS, () => this.#settler.abandon());
    await this.#settler.idle();
    giveUp.clear();
    await this.#maintenance.stop();
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#maintenance.status = 'STOPPED';
    await this.#beat();
  }

  async #beat(): Promise<void> {
    await this.#maintenance.beat().catch(() => {});
  }

  /** If the lookup fails, the next renewal repeats it. */
  #abortTerminated(): void {
    const { databaseHealth } = this.#options.bus;
    this.#running
      .abortLost()
      .catch((error) => databaseHealth.reportError(error, {}, 'looking for terminated commands failed'));
  }

  #onSettled(settled: readonly Settled[]): void {
    const { bus, onSettled } = this.#options;
    this.#settled_count += settled.length;
    // An ended attempt makes room in a domain with a cap, and other workers may wait for it.
    const domains = new Set(settled.map(({ item }) => item.command.domain));
    for (const domain of domains) if (bus.control.cap(domain) !== null) bus.notifier.wake(domain);
    onSettled?.(settled);
  }
}
