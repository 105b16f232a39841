// The regular work of a worker: renews its leases, reaps expired ones, ends overdue commands, and writes its heartbeat.

import { expireWorkerLeases } from '../db/queries/claims.ts';
import { beatWorker } from '../db/queries/workers.ts';
import type { Timer } from '../model/env.ts';
import { type Bus, INTERNAL_DOMAIN } from './bus.ts';
import { expireAllDeadlines } from './deadlines.ts';
import type { DomainLoop } from './domain-loop.ts';
import { CROWDED, HealthMonitor } from './health.ts';
import { type BackingOff, reapAllExpired } from './reap.ts';
import type { RunningAttempts } from './running.ts';
import type { Settler } from './settler.ts';

const TICK_MS = 250;
const BEAT_EVERY_TICKS = 8;
/** Ten seconds: longer than a server takes to notice a dead connection and end its statements. */
const TAKE_OVER_TICKS = 40;

export interface MaintenanceOptions {
  bus: Bus;
  worker_id: string;
  running: RunningAttempts;
  settler: Settler;
  loops: ReadonlyMap<string, DomainLoop>;
  slots(domain: string): number;
  settledCount(): number;
  /** A dead worker whose leases end at once. */
  replaces: string | undefined;
  onUnhealthy: ((reason: string) => void) | undefined;
}

type WorkerStatus = 'RUNNING' | 'DRAINING' | 'STOPPED';

export class Maintenance {
  /** Written with every heartbeat. */
  status: WorkerStatus = 'RUNNING';
  readonly #options: MaintenanceOptions;
  readonly #health: HealthMonitor;
  readonly #backingOff: BackingOff = new Map();
  #ticks = 0;
  #timer: Timer | null = null;
  #ticking: Promise<void> | null = null;
  #stopped = false;

  constructor(options: MaintenanceOptions) {
    this.#options = options;
    this.#health = new HealthMonitor(options.bus, options.worker_id);
  }

  /** The slots of all domains that people see. */
  get slotCount(): number {
    const { loops, slots } = this.#options;
    const shown = [...loops.keys()].filter((domain) => domain !== INTERNAL_DOMAIN);
    return shown.reduce((sum, domain) => sum + slots(domain), 0);
  }

  start(): void {
    const { bus, running } = this.#options;
    this.#timer = bus.env.after(TICK_MS, () => {
      if (this.#stopped) return;
      this.start();
      // A database that does not answer delays the last tick; leases expire all the same.
      if (this.#ticking !== null) return running.abortOverdue();
      this.#ticking = this.#tick().finally(() => {
        this.#ticking = null;
      });
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.clear();
    await this.#ticking;
    this.#health.stop();
  }

  /** Ends the leases of the worker that this one replaces. */
  async takeOver(): Promise<void> {
    const { bus, replaces } = this.#options;
    if (replaces !== undefined) await expireWorkerLeases(bus.pool, replaces);
  }

  async beat(): Promise<void> {
    const { status } = this;
    const { bus, worker_id, running, settler, loops, slots, settledCount } = this.#options;
    const settled_count = settledCount();
    await beatWorker(bus.pool, {
      worker_id,
      status,
      slots: this.slotCount,
      in_flight: running.size - running.hanging,
      hanging: running.hanging,
      settled_count,
      by_domain: Object.fromEntries(
        [...loops].map(([domain, loop]) => [domain, { slots: slots(domain), in_flight: loop.used }]),
      ),
      ...this.#health.sample({
        zombies: [...running.zombies.values()].reduce((sum, count) => sum + count, 0),
        crowded_domain: this.#crowdedDomain(),
        settled_count,
        backlog: settler.backlog,
      }),
    });
  }

  async #tick(): Promise<void> {
    const { bus, running, onUnhealthy } = this.#options;
    await running.renewDue();
    if (this.#crowdedDomain() !== null) onUnhealthy?.(CROWDED);
    try {
      // The last claim of a dead worker may commit after its successor first took over.
      if (this.#ticks <= TAKE_OVER_TICKS && this.#ticks % 4 === 0) await this.takeOver();
      await reapAllExpired(bus, this.#backingOff);
      await expireAllDeadlines(bus);
      if (this.#ticks++ % BEAT_EVERY_TICKS === 0) await this.beat();
      bus.databaseHealth.reportSuccess();
    } catch (error) {
      bus.databaseHealth.reportError(error, {}, 'maintenance failed, trying again');
    }
  }

  /** A domain in which handlers that ignored their abort hold more than half of the slots. */
  #crowdedDomain(): string | null {
    const { running, slots } = this.#options;
    for (const [domain, zombies] of running.zombies) if (zombies > slots(domain) / 2) return domain;
    return null;
  }
}
