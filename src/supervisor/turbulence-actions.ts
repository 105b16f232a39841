// How each kind of turbulence is made: what is known before, for the record, and the deed itself.
// Promises that a PostgreSQL that was paused goes on, whoever ends the pause.

import { setTimeout as pause } from 'node:timers/promises';
import { DEFAULT_PAUSE_MS, type Turbulence, type TurbulenceKind } from '../chaos/experiment.ts';
import { countOtherBackends, terminateOtherBackends } from '../chaos/queries/turbulence.ts';
import type { Queryable } from '../db/pool.ts';
import { freeze } from './freeze.ts';
import type { Supervisor } from './supervise.ts';

export interface TurbulenceAction {
  details: Record<string, unknown>;
  /** Ends sooner where the signal aborts. */
  act(signal: AbortSignal): Promise<unknown> | unknown;
}

export interface TurbulenceContext {
  db: Queryable;
  supervisor: Pick<Supervisor, 'disturb' | 'pidOf'>;
  /** The names of all worker children. */
  workers: readonly string[];
}

type Prepare = (around: TurbulenceContext, turbulence: Turbulence, nth: number) => Promise<TurbulenceAction | null>;

/** What the `nth` of its kind, from 1, is to be; null when there is nothing to disturb now. */
export const PREPARE: Record<TurbulenceKind, Prepare> = {
  kill_worker: async ({ supervisor, workers }, _turbulence, nth) => {
    const name = inTurn(workers, nth).find((each) => supervisor.pidOf(each) !== undefined);
    if (name === undefined) return null;
    return { details: { worker: name, pid: supervisor.pidOf(name) }, act: () => supervisor.disturb(name, 'kill') };
  },

  // In turn as after a crash, with recovery, and in order, with clients cut off.
  restart_postgres: async ({ supervisor }, _turbulence, nth) => {
    if (supervisor.pidOf('postgres') === undefined) return null;
    const mode = nth % 2 === 1 ? 'immediate' : 'fast';
    return { details: { mode }, act: () => supervisor.disturb('postgres', mode === 'immediate' ? 'kill' : 'stop') };
  },

  terminate_backends: async ({ db }) => ({
    details: { backends: await countOtherBackends(db) },
    act: () => terminateOtherBackends(db),
  }),

  pause_postgres: async ({ supervisor }, turbulence) => {
    const pid = supervisor.pidOf('postgres');
    if (pid === undefined) return null;
    const pause_ms = turbulence.pause_ms ?? DEFAULT_PAUSE_MS;
    return { details: { pause_ms }, act: (signal) => holdStill(pid, pause_ms, signal) };
  },
};

/** All of them, beginning with the one whose turn it is. */
function inTurn(names: readonly string[], nth: number): string[] {
  const first = names.length === 0 ? 0 : (nth - 1) % names.length;
  return [...names.slice(first), ...names.slice(0, first)];
}

async function holdStill(pid: number, ms: number, signal: AbortSignal): Promise<void> {
  const frozen = await freeze(pid);
  await pause(ms, undefined, { signal }).catch(() => {});
  await frozen.thaw();
}
