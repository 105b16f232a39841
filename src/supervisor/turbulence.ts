// Carries out the turbulence that batches request: polls for due occurrences, records each, and performs it.
// It outlasts outages of the database and leaves nothing suspended when it stops.

import { setTimeout as sleep } from 'node:timers/promises';
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
  /** Other kinds that a batch asks for are ignored. */
  allowed: readonly TurbulenceKind[];
  logger: Logger;
}

const POLL_MS = 250;
/** A poll takes milliseconds; a database that does not answer is not waited for. */
const ANSWER_MS = 5_000;

/** `stop` ends a pause under way and resolves when all turbulence is over. Safe to call twice. */
export function startTurbulence(options: TurbulenceOptions): { stop(): Promise<void> } {
  const { allowed, logger } = options;
  const db = createPool(options.database_url, {
    application_name: 'faultline turbulence',
    max: 1,
    answer_ms: ANSWER_MS,
  });
  const halt = new AbortController();

  /** Makes at most one turbulence, so that each is recorded before the next begins. */
  const poll = async () => {
    for (const due of mostOverdue(await readTurbulentBatches(db, allowed), allowed)) {
      const action = await PREPARE[due.kind]({ ...options, db }, due.turbulence, due.nth);
      if (halt.signal.aborted) return;
      if (action === null || !(await record(db, due, action.details))) continue;
      const { batch_id, kind } = due;
      logger.info({ batch_id, kind, ...action.details }, `Turbulence of batch ${batch_id}: ${kind}`);
      await action.act(halt.signal);
      return;
    }
  };

  const run = async () => {
    let logged: string | undefined;
    while (!halt.signal.aborted) {
      const error = await poll().then(
        () => null,
        (thrown: Error) => thrown,
      );
      // Logged once until a poll succeeds. An unavailable database is often turbulence itself.
      if (error !== null && error.message !== logged && !isAway(error)) {
        logger.warn({ err: error }, `Turbulence failed, trying again: ${error.message}`);
      }
      logged = error?.message;
      await sleep(POLL_MS, undefined, { signal: halt.signal }).catch(() => {});
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

/** Due turbulence of all batches, the longest overdue first. */
function mostOverdue(batches: readonly TurbulentBatch[], allowed: readonly TurbulenceKind[]): Due[] {
  return batches
    .flatMap(({ batch_id, turbulence, since_launch_ms, last }) =>
      nextTurbulence(turbulence, since_launch_ms, last)
        .filter(({ kind, due_ms }) => due_ms <= since_launch_ms && allowed.includes(kind))
        .map((next) => ({ ...next, batch_id, turbulence, overdue_ms: since_launch_ms - next.due_ms })),
    )
    .sort((a, b) => b.overdue_ms - a.overdue_ms);
}

/** False when the batch ended, chaos was stopped, or another supervisor was faster. */
function record(db: Pool, { batch_id, kind, due_ms, nth }: Due, details: Record<string, unknown>): Promise<boolean> {
  return withTx(
    db,
    async (tx) =>
      (await lockIfTurbulenceMayRun(tx, batch_id)) &&
      (await insertTurbulenceOnce(tx, batch_id, { kind, due_ms, nth, ...details })),
  );
}
