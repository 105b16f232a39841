// The health of a worker: HEALTHY, DEGRADED or CRITICAL, with a reason, assessed at each heartbeat.
// Failures of handlers, expected or injected, do not affect it: handling them is the purpose of the bus.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { WorkerBeat } from '../db/queries/workers.ts';
import type { Bus } from './bus.ts';

export type Health = 'HEALTHY' | 'DEGRADED' | 'CRITICAL';

export interface Assessment {
  health: Health;
  reason: string | null;
}

/** The observations of a worker on itself. */
export interface Signs {
  /** Slots of handlers that ignored their abort. */
  zombies: number;
  /** A domain in which such handlers hold more than half of the slots. */
  crowded_domain: string | null;
  /** The time since the database was last away; null if never. */
  away_ago_ms: number | null;
  /** The work that failed repeatedly of late; null for none. */
  failing: string | null;
  /** How late timers were, 99th percentile since the last heartbeat. */
  loop_delay_ms: number;
  /** For how long outcomes have waited to be written while none was. */
  stuck_ms: number;
}

const AWAY_RECENTLY_MS = 30_000;
/** A lease of a few seconds is renewed in time only while the event loop turns several times within it. */
const SLOW_LOOP_MS = 500;
const STUCK_MS = 10_000;

export const CROWDED = 'more than half of the slots are held by handlers that ignore their abort';

/** Returns the most severe finding. Pure. */
export function assessHealth(signs: Signs): Assessment {
  if (signs.crowded_domain !== null) return { health: 'CRITICAL', reason: `In ${signs.crowded_domain} ${CROWDED}.` };
  const degraded = (reason: string): Assessment => ({ health: 'DEGRADED', reason });
  if (signs.zombies === 1) return degraded('A handler ignores its abort and keeps its slot.');
  if (signs.zombies > 1) return degraded(`${signs.zombies} handlers ignore their abort and keep their slots.`);
  if (signs.away_ago_ms !== null && signs.away_ago_ms < AWAY_RECENTLY_MS)
    return degraded(`The database was away ${Math.round(signs.away_ago_ms / 1_000)} s ago.`);
  if (signs.failing !== null) return degraded(`It keeps failing: ${signs.failing}.`);
  if (signs.stuck_ms >= STUCK_MS)
    return degraded(`Outcomes have waited ${Math.round(signs.stuck_ms / 1_000)} s to be written.`);
  if (signs.loop_delay_ms >= SLOW_LOOP_MS)
    return degraded(`Something blocks the event loop: timers come ${Math.round(signs.loop_delay_ms)} ms late.`);
  return { health: 'HEALTHY', reason: null };
}

export type Vitals = Pick<
  WorkerBeat,
  'health' | 'health_reason' | 'settled_per_second' | 'rss_bytes' | 'loop_delay_ms'
>;

/** What the worker knows and the monitor does not. */
export interface Counts extends Pick<Signs, 'zombies' | 'crowded_domain'> {
  settled_count: number;
  /** Outcomes not yet written. */
  backlog: number;
}

const RESOLUTION_MS = 20;
const LEVEL = { HEALTHY: 'info', DEGRADED: 'warn', CRITICAL: 'error' } as const;

export class HealthMonitor {
  readonly #bus: Bus;
  readonly #worker_id: string;
  readonly #delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #logged: Health = 'HEALTHY';
  #last: { at_ms: number; settled_count: number };
  /** Since when outcomes wait while none is written. */
  #stuck_since_ms: number | null = null;

  constructor(bus: Bus, worker_id: string) {
    this.#bus = bus;
    this.#worker_id = worker_id;
    this.#delays.enable();
    this.#last = { at_ms: bus.env.monotonicMs(), settled_count: 0 };
  }

  /** Assesses everything since the last call. */
  sample({ zombies, crowded_domain, settled_count, backlog }: Counts): Vitals {
    const { env, databaseHealth } = this.#bus;
    const now = env.monotonicMs();
    const settled = settled_count - this.#last.settled_count;
    const elapsed_ms = now - this.#last.at_ms;
    if (backlog === 0 || settled > 0) this.#stuck_since_ms = null;
    else this.#stuck_since_ms ??= now;
    // The monitor measures the time between two turns, which includes its resolution. NaN before the first.
    const loop_delay_ms = Math.max(0, (this.#delays.percentile(99) || 0) / 1e6 - RESOLUTION_MS);
    this.#delays.reset();
    this.#last = { at_ms: now, settled_count };
    const assessment = assessHealth({
      zombies,
      crowded_domain,
      away_ago_ms: databaseHealth.awayAgoMs(),
      failing: databaseHealth.failing(),
      loop_delay_ms,
      stuck_ms: this.#stuck_since_ms === null ? 0 : now - this.#stuck_since_ms,
    });
    this.#log(assessment);
    return {
      health: assessment.health,
      health_reason: assessment.reason,
      settled_per_second: elapsed_ms > 0 ? (settled * 1_000) / elapsed_ms : 0,
      rss_bytes: process.memoryUsage.rss(),
      loop_delay_ms,
    };
  }

  stop(): void {
    this.#delays.disable();
  }

  #log({ health, reason }: Assessment): void {
    if (health === this.#logged) return;
    this.#logged = health;
    const fields = { worker_id: this.#worker_id, health, reason };
    this.#bus.env.logger[LEVEL[health]](fields, `this worker is ${health}`);
  }
}
