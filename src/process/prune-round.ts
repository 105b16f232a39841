// Automatic pruning, if `retention.prune_after_days` is set: one worker prunes once an hour. It pauses three times as
// long as it works.
// A run that is stopped continues an hour later.

import type { Bus } from '../bus/bus.ts';
import { recordPrune, takePruneTurn } from '../db/queries/prune-records.ts';
import { PeriodicTask } from '../model/periodic.ts';
import type { Application, ApplicationContext } from './application.ts';
import type { ProcessRegistry } from './define.ts';
import { pruneEnded } from './prune.ts';

const DAY_MS = 86_400_000;
/** How often each worker checks whether an hour has passed. */
const EVERY_MS = 60_000;
const REST = 3;

export interface PruneRoundOptions {
  processes: ProcessRegistry;
  application: Application;
  context: ApplicationContext;
}

export function createPruneRound(
  bus: Bus,
  { processes, application, context }: PruneRoundOptions,
): Pick<PeriodicTask, 'start' | 'stop'> {
  const stopping = new AbortController();

  const run = async () => {
    const { prune_after_days } = bus.settings().retention;
    if (prune_after_days === null || !(await takePruneTurn(bus.pool))) return;
    const { counts, finished, failed, left_count } = await pruneEnded(
      bus,
      {
        older_than_ms: prune_after_days * DAY_MS,
        batches: true,
        commands: true,
        records: true,
        replies: false,
        process_types: processes.types(),
      },
      {
        rest: REST,
        signal: stopping.signal,
        removeArtifacts: (batch) => application.removeArtifacts?.(batch, context) ?? Promise.resolve(),
      },
    );
    await recordPrune(bus.pool, { counts, finished, left_count, failed_count: failed.length });
    if (counts.batches + counts.commands > 0) bus.env.logger.info({ counts }, 'pruned old batches and commands');
  };

  const task = new PeriodicTask(bus, { every_ms: EVERY_MS, run, failure: 'pruning failed, trying again' });
  return {
    start: () => task.start(),
    async stop() {
      stopping.abort();
      await task.stop();
    },
  };
}
