// Performs each kind of turbulence. A paused PostgreSQL always resumes, whatever ends the pause.

import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_PAUSE_MS, type Turbulence, type TurbulenceKind } from '../chaos/experiment.ts';
import { countOtherBackends, terminateOtherBackends } from '../chaos/queries/turbulence.ts';
import type { Queryable } from '../db/pool.ts';
import type { Supervisor } from './supervisor.ts';
import { suspend } from './suspend.ts';

export interface TurbulenceAction {
  /** Recorded before `act`. */
  details: Record<string, unknown>;
  /** Ends early when the signal aborts. */
  act(signal: AbortSignal): Promise<unknown> | unknown;
}

export interface TurbulenceContext {
  db: Queryable;
  supervisor: Pick<Supervisor, 'interrupt' | 'pidOf'>;
  /** The names of all worker children. */
  workers: readonly string[];
}

type Prepare = (context: TurbulenceContext, turbulence: Turbulence, nth: number) => Promise<TurbulenceAction | null>;

/** The `nth` action of its kind, from 1; null when its target does not run. */
export const PREPARE: Record<TurbulenceKind, Prepare> = {
  kill_worker: async ({ supervisor, workers }, _turbulence, nth) => {
    const first = (nth - 1) % Math.max(workers.length, 1);
    const inTurn = [...workers.slice(first), ...workers.slice(0, first)];
    const worker = inTurn.find((each) => supervisor.pidOf(each) !== undefined);
    if (worker === undefined) return null;
    return { details: { worker, pid: supervisor.pidOf(worker) }, act: () => supervisor.interrupt(worker, 'kill') };
  },

  // Alternates between a crash, which needs recovery, and an orderly restart, which ends connections.
  restart_postgres: async ({ supervisor }, _turbulence, nth) => {
    if (supervisor.pidOf('postgres') === undefined) return null;
    const crash = nth % 2 === 1;
    return {
      details: { mode: crash ? 'immediate' : 'fast' },
      act: () => supervisor.interrupt('postgres', crash ? 'kill' : 'stop'),
    };
  },

  terminate_backends: async ({ db }) => ({
    details: { backends: await countOtherBackends(db) },
    act: () => terminateOtherBackends(db),
  }),

  pause_postgres: async ({ supervisor }, turbulence) => {
    const pid = supervisor.pidOf('postgres');
    if (pid === undefined) return null;
    const pause_ms = turbulence.pause_ms ?? DEFAULT_PAUSE_MS;
    return {
      details: { pause_ms },
      act: async (signal) => {
        const suspended = await suspend(pid);
        await sleep(pause_ms, undefined, { signal }).catch(() => {});
        await suspended.resume();
      },
    };
  },
};
