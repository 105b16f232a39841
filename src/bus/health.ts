// How a worker fares: HEALTHY, DEGRADED or CRITICAL, with a reason, verified at each heartbeat from what it noticed of itself.
// Failures of handlers, expected or injected, are no sign of it: they are what the bus is there for.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { WorkerBeat } from '../db/queries/workers.ts';
import type { Bus } from './bus.ts';

export type Health = 'HEALTHY' | 'DEGRADED' | 'CRITICAL';

export interface Judgement {
  health: Health;
  reason: string | null;
}

/** What a worker noticed of itself. */
export interface Signs {
  /** Slots of handlers that ignored their abort. */
  zombies: number;
  /** A domain of which such handlers hold more than half of the slots. */
  crowded_domain: string | null;
  /** Since the database was last away; null: never. */
  away_ago_ms: number | null;
  /** What failed again and again of late. */
  failing: string | null;
  /** How late timers were, 99th percentile since the last heartbeat. */
  loop_delay_ms: number;
  /** For how long outcomes have waited to be written while none was. */
  stuck_ms: number;
}

const AWAY_RECENTLY_MS = 30_000;
/** A lease of a few seconds is renewed in time only while the loop turns several times in it. */
const SLOW_LOOP_MS = 500;
const STUCK_MS = 10_000;

export const CROWDED = 'more than half of the slots are held by handlers that ignore their abort';

/** Pure. The worst sign speaks. */
export function assessHealth(signs: Signs): Judgement {
  if (signs.crowded_domain !== null) return { health: 'CRITICAL', reason: `In ${signs.crowded_domain} ${CROWDED}.` };
  const degraded = (reason: string): Judgement => ({ health: 'DEGRADED', reason });
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

export interface HealthMonitor {
  /** Takes everything since the last call together. */
  sample(counts: Counts): Vitals;
  stop(): void;
}

const RESOLUTION_MS = 20;

export function createHealthMonitor(bus: Bus, worker_id: string): HealthMonitor {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  let told: Health = 'HEALTHY';
  let last = { at_ms: bus.env.monotonicMs(), settled_count: 0 };
  /** Since when outcomes wait while none is written. */
  let stuck_since_ms: number | null = null;

  const tell = ({ health, reason }: Judgement) => {
    if (health === told) return;
    told = health;
    const level = { HEALTHY: 'info', DEGRADED: 'warn', CRITICAL: 'error' } as const;
    bus.env.logger[level[health]]({ worker_id, health, reason }, `this worker is ${health}`);
  };

  return {
    sample({ zombies, crowded_domain, settled_count, backlog }) {
      const now = bus.env.monotonicMs();
      const settled = settled_count - last.settled_count;
      const elapsed_ms = now - last.at_ms;
      if (backlog === 0 || settled > 0) stuck_since_ms = null;
      else stuck_since_ms ??= now;
      // What is measured is the time between two turns, which the resolution is a part of. NaN before the first.
      const loop_delay_ms = Math.max(0, (delays.percentile(99) || 0) / 1e6 - RESOLUTION_MS);
      delays.reset();
      last = { at_ms: now, settled_count };
      const judgement = assessHealth({
        zombies,
        crowded_domain,
        away_ago_ms: bus.outage.awayAgoMs(),
        failing: bus.outage.failing(),
        loop_delay_ms,
        stuck_ms: stuck_since_ms === null ? 0 : now - stuck_since_ms,
      });
      tell(judgement);
      return {
        health: judgement.health,
        health_reason: judgement.reason,
        settled_per_second: elapsed_ms > 0 ? (settled * 1_000) / elapsed_ms : 0,
        rss_bytes: process.memoryUsage.rss(),
        loop_delay_ms,
      };
    },
    stop: () => void delays.disable(),
  };
}
