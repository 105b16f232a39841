// Pruning by itself: once an hour over all workers, where the settings say after how many days. Rests three times as long as it
// works. Promises that after `stop` nothing of it is under way; what is left waits for the next hour.

import type { Bus } from '../bus/bus.ts';
import { recordPrune, takePruneTurn } from '../db/queries/prune-records.ts';
import { createPeriodicTask, type PeriodicTask } from '../model/periodic.ts';
import type { Application, ApplicationContext } from './application.ts';
import type { ProcessRegistry } from './define.ts';
import { pruneEnded } from './prune.ts';

const DAY_MS = 86_400_000;
/** How often each worker asks whether an hour has passed. */
const EVERY_MS = 60_000;
const REST = 3;

export interface PruneRoundOptions {
  processes: ProcessRegistry;
  application: Application;
  context: ApplicationContext;
}

export function createPruneRound(bus: Bus, { processes, application, context }: PruneRoundOptions): PeriodicTask {
  const stopping = new AbortController();

  const round = async () => {
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
        process_types: processes.all().map(({ type }) => type),
      },
      {
        rest: REST,
        signal: stopping.signal,
        removeArtifacts: (batch) => application.removeArtifacts?.(batch, context) ?? Promise.resolve(),
      },
    );
    await recordPrune(bus.pool, { counts, finished, left_count, failed_count: failed.length });
    if (counts.batches + counts.commands > 0) bus.env.logger.info({ counts }, 'pruned what ended long ago');
  };

  const rounds = createPeriodicTask(bus, EVERY_MS, round, 'pruning failed, trying again');
  return {
    start: rounds.start,
    async stop() {
      stopping.abort();
      await rounds.stop();
    },
  };
}
