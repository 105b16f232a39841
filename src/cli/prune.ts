// faultline prune: deletes what ended long ago, straight in the database; workers may run meanwhile.
// Promises that it can be ended at any point and run again, and that a dry run deletes nothing.

import { resolve } from 'node:path';
import { chaosHooks } from '../chaos/inject.ts';
import { assertMigrated, readLanes } from '../db/migrate.ts';
import { createPool, type Pool } from '../db/pool.ts';
import { recordPrune } from '../db/queries/prune-records.ts';
import { readSettings } from '../db/queries/settings.ts';
import { createEnv, type Logger } from '../model/env.ts';
import { settingsOf } from '../model/settings.ts';
import type { Application } from '../process/application.ts';
import {
  countPrunable,
  type Ending,
  type Prunable,
  type Pruned,
  type PruneRequest,
  pruneEnded,
} from '../process/prune.ts';
import { PRUNED, type PruneSite } from '../process/prune-slices.ts';
import { CliError, EXIT, type ExitCode } from '../supervisor/exit.ts';
import { loadApplication, reaching, requireDatabase, withApplicationPool } from './compose.ts';
import { createProgress, printJson, printTable, say } from './print.ts';

export interface PruneVerbOptions {
  database_url?: string;
  data_dir: string;
  app?: string;
  /** As the settings say, when absent. */
  older_than_ms?: number;
  endings?: Ending[];
  only: 'batches' | 'commands' | null;
  replies: boolean;
  unknown_types: boolean;
  dry_run: boolean;
  max_slices?: number;
  json: boolean;
  logger: Logger;
}

const DAY_MS = 86_400_000;

/** 0: all that was found is gone. 5: something of it stays; running again goes on. */
export async function prune(options: PruneVerbOptions): Promise<ExitCode> {
  const url = requireDatabase(options.database_url);
  const application = await loadApplication(options.app);
  // Every row is reached by key, on a fresh database too.
  const pool = createPool(url, { application_name: 'faultline prune', max: 2, keyed_plans: true });
  try {
    return await reaching(url, async () => {
      await assertMigrated(pool);
      const env = createEnv(options.logger);
      const site: PruneSite = { pool, env, lanes: await readLanes(pool), hooks: chaosHooks({ pool, env }) };
      const request = await toRequest(pool, application, options);
      const found = await countPrunable(site, request);
      if (!options.dry_run)
        return withApplicationPool(url, 'faultline prune', (own) =>
          pruneFound(site, { application, pool: own }, request, found, options),
        );
      if (options.json) printJson({ dry_run: true, ...found });
      else tellFound(found);
      return EXIT.ok;
    });
  } finally {
    await pool.end();
  }
}

async function toRequest(pool: Pool, application: Application, options: PruneVerbOptions): Promise<PruneRequest> {
  const { only } = options;
  return {
    older_than_ms: options.older_than_ms ?? (await storedAgeMs(pool)),
    endings: options.endings,
    batches: only !== 'commands',
    commands: only !== 'batches',
    records: only === null,
    replies: options.replies,
    process_types: options.unknown_types ? null : application.processes.map(({ type }) => type),
  };
}

async function storedAgeMs(pool: Pool): Promise<number> {
  const { prune_after_days } = settingsOf((await readSettings(pool)).value).retention;
  if (prune_after_days !== null) return prune_after_days * DAY_MS;
  throw new CliError('Give --older-than: the setting retention.prune_after_days is not set.', EXIT.usage);
}

async function pruneFound(
  site: PruneSite,
  { application, pool }: { application: Application; pool: Pool },
  request: PruneRequest,
  found: Prunable,
  options: PruneVerbOptions,
): Promise<ExitCode> {
  const context = { pool, logger: options.logger, data_dir: resolve(options.data_dir) };
  const progress = createProgress(options.json);
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  let pruned: Pruned;
  try {
    pruned = await pruneEnded(site, request, {
      max_slices: options.max_slices,
      signal: stopping.signal,
      removeArtifacts: (batch) => application.removeArtifacts?.(batch, context) ?? Promise.resolve(),
      onProgress: ({ processes, commands, batches }) => {
        const value = Math.min(processes + commands, 1e9);
        progress.update('pruned', batches, found.batches, `${processes} processes, ${value - processes} commands`);
      },
    });
  } finally {
    progress.stop();
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
  const { counts, finished, left_count, failed } = pruned;
  await recordPrune(site.pool, { counts, finished, left_count, failed_count: failed.length });
  if (options.json) printJson(pruned);
  else tellPruned(pruned);
  return finished && left_count === 0 ? EXIT.ok : EXIT.not_passed;
}

function tellFound({ cutoff, batches, in_batches, unknown_count, ...records }: Prunable): void {
  say(`What ended before ${cutoff.toISOString()} and would be deleted:`);
  const rows = Object.entries({ batches, 'in these batches': in_batches, ...records });
  printTable(
    ['what', 'count'],
    rows.map(([what, count]) => [what.replaceAll('_', ' '), count]),
  );
  tellUnknown(unknown_count);
}

function tellPruned({ cutoff, counts, finished, left_count, unknown_count, failed }: Pruned): void {
  say(`Deleted of what ended before ${cutoff.toISOString()}:`);
  const gone = PRUNED.filter((kind) => counts[kind] > 0);
  if (gone.length === 0) say('nothing');
  else
    printTable(
      ['what', 'count'],
      gone.map((kind) => [kind.replaceAll('_', ' '), counts[kind]]),
    );
  for (const { batch_id, message } of failed) say(`Batch ${batch_id}: its documents stay: ${message}`);
  if (left_count > 0) say(`Batches of which something stays, for now: ${left_count}`);
  if (!finished) say('It was ended before its time: run it again for the rest.');
  tellUnknown(unknown_count);
}

function tellUnknown(count: number): void {
  if (count > 0) say(`Left alone, of process types that the application does not have: ${count} (--unknown-types)`);
}
