// Turbulence inside `faultline start`: looks several times a second what batches ask for, writes it down, and does it.
// Promises never to end the supervisor, to live through a database that is away, and to leave nothing held still when it stops.

import { setTimeout as pause } from 'node:timers/promises';
import type { Turbulence, TurbulenceKind } from '../chaos/experiment.ts';
import {
  insertTurbulenceOnce,
  lockIfTurbulenceMayRun,
  readTurbulentBatches,
  type TurbulentBatch,
} from '../chaos/queries/turbulence.ts';
import { nextTurbulence, type TurbulenceNext } from '../chaos/turbulence.ts';
import { createPool, isAway, type Pool, withTx } from '../db/pool.ts';
import type { Logger } from '../model/env.ts';
import { PREPARE, type TurbulenceContext } from './turbulence-actions.ts';

export interface TurbulenceOptions extends Omit<TurbulenceContext, 'db'> {
  database_url: string;
  /** Anything else that a batch asks for is passed over. */
  allowed: readonly TurbulenceKind[];
  logger: Logger;
}

export interface TurbulenceMaker {
  /** Ends a pause under way, and resolves when nothing is disturbed any more. Safe to call twice. */
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 250;
/** A look takes milliseconds; a server that went away without a word is not waited for. */
const ANSWER_MS = 5_000;

export function startTurbulence(options: TurbulenceOptions): TurbulenceMaker {
  const { allowed, logger } = options;
  const db = createPool(options.database_url, {
    application_name: 'faultline turbulence',
    max: 1,
    answer_ms: ANSWER_MS,
  });
  const halt = new AbortController();
  const tell = createTeller(logger);

  /** Makes at most one turbulence, so that each meets a system that the last one was written down for. */
  const look = async () => {
    for (const due of mostOverdue(await readTurbulentBatches(db, allowed), allowed)) {
      const disturbance = await PREPARE[due.kind]({ ...options, db }, due.turbulence, due.nth);
      if (halt.signal.aborted) return;
      if (disturbance === null || !(await record(db, due, disturbance.details))) continue;
      const { batch_id, kind } = due;
      logger.info({ batch_id, kind, ...disturbance.details }, `Turbulence of batch ${batch_id}: ${kind}`);
      await disturbance.act(halt.signal);
      return;
    }
  };

  const run = async () => {
    while (!halt.signal.aborted) {
      await look().then(() => tell(null), tell);
      await pause(LOOK_EVERY_MS, undefined, { signal: halt.signal }).catch(() => {});
    }
    await db.end();
  };

  const running = run();
  return {
    stop: () => {
      halt.abort();
      return running;
    },
  };
}

interface Due extends TurbulenceNext {
  batch_id: string;
  turbulence: Turbulence;
}

/** What is due, of all batches, the longest overdue first. */
function mostOverdue(batches: readonly TurbulentBatch[], allowed: readonly TurbulenceKind[]): Due[] {
  return batches
    .flatMap(({ batch_id, turbulence, since_launch_ms, last }) =>
      nextTurbulence(turbulence, since_launch_ms, last)
        .filter(({ kind, due_ms }) => due_ms <= since_launch_ms && allowed.includes(kind))
        .map((next) => ({ ...next, batch_id, turbulence, overdue_ms: since_launch_ms - next.due_ms })),
    )
    .sort((a, b) => b.overdue_ms - a.overdue_ms);
}

/** False when it is not to be done after all: the batch ended, somebody stopped chaos, or another supervisor was faster. */
function record(db: Pool, { batch_id, kind, due_ms, nth }: Due, details: Record<string, unknown>): Promise<boolean> {
  return withTx(
    db,
    async (tx) =>
      (await lockIfTurbulenceMayRun(tx, batch_id)) &&
      (await insertTurbulenceOnce(tx, batch_id, { kind, due_ms, nth, ...details })),
  );
}

/** Says what went wrong, once until it goes well; a database that is away is often our own doing, and no news. */
function createTeller(logger: Logger): (error: Error | null) => void {
  let told: string | undefined;
  return (error) => {
    if (error !== null && error.message !== told && !isAway(error)) {
      logger.warn({ err: error }, `Turbulence failed, trying again: ${error.message}`);
    }
    told = error?.message;
  };
}
