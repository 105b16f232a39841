// faultline prune: deletes what ended long ago, directly in the database; workers may run meanwhile.
// It can be stopped at any point and run again.

import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { chaosHooks } from '../chaos/inject.ts';
import { assertMigrated, readLanes } from '../db/migrate.ts';
import { createPool, type Pool } from '../db/pool.ts';
import { recordPrune } from '../db/queries/prune-records.ts';
import { readSettings } from '../db/queries/settings.ts';
import { createEnv } from '../model/env.ts';
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
import { createLogger } from './logger.ts';
import { duration, jsonOption, type ServiceFlags, someOf, within, withServiceOptions } from './options.ts';
import { createProgress, printTable, say, show } from './print.ts';

export function register(program: Command): void {
  withServiceOptions(
    program
      .command('prune')
      .description(
        'delete what ended long ago: batches with all that belongs to them, standalone commands, old records',
      )
      .addOption(
        new Option(
          '--older-than <duration>',
          'minimum time since it ended: 12h, 30d, 8w (default: as the settings say)',
        )
          .env('FAULTLINE_PRUNE_OLDER_THAN')
          .argParser(duration('1h', '36500d')),
      )
      .option('--states <list>', 'only these endings, separated by commas (default: all)', someOf(ENDINGS))
      .addOption(new Option('--batches', 'batches only').default(false).conflicts('commands'))
      .option('--commands', 'commands without a batch only', false)
      .option('--replies', 'also replies that were never consumed', false)
      .option('--unknown-types', 'also batches of process types that the application does not have', false)
      .option('--dry-run', 'count what would be deleted, and delete nothing', false)
      .option(
        '--max-slices <number>',
        'stop after this many transactions of at most 1,000 rows of a table',
        within({ min: 1, max: 1_000_000_000 }),
      ),
  )
    .addOption(jsonOption())
    .action(async (flags) => {
      process.exitCode = await prune(flags);
    });
}

const ENDINGS: Ending[] = ['completed', 'failed', 'canceled'];
const DAY_MS = 86_400_000;

interface PruneFlags extends ServiceFlags {
  /** In ms. */
  olderThan?: number;
  states?: Ending[];
  batches: boolean;
  commands: boolean;
  replies: boolean;
  unknownTypes: boolean;
  dryRun: boolean;
  maxSlices?: number;
  json: boolean;
}

/** Exits with 5 when something remains; another run continues. */
async function prune(flags: PruneFlags): Promise<ExitCode> {
  const url = requireDatabase(flags.databaseUrl);
  const application = await loadApplication(flags.app);
  // Every row is reached by key, on a fresh database too.
  const pool = createPool(url, { application_name: 'faultline prune', max: 2, keyed_plans: true });
  try {
    return await reaching(url, async () => {
      await assertMigrated(pool);
      const env = createEnv(createLogger());
      const site: PruneSite = { pool, env, lanes: await readLanes(pool), hooks: chaosHooks({ pool, env }) };
      const request: PruneRequest = {
        older_than_ms: flags.olderThan ?? (await storedAgeMs(pool)),
        endings: flags.states,
        batches: !flags.commands,
        commands: !flags.batches,
        records: !flags.commands && !flags.batches,
        replies: flags.replies,
        process_types: flags.unknownTypes ? null : application.processes.map(({ type }) => type),
      };
      const found = await countPrunable(site, request);
      if (flags.dryRun) return show(flags, { dry_run: true, ...found }, () => printFound(found));
      return await withApplicationPool(url, 'faultline prune', (own) =>
        pruneFound(site, application, own, request, found.batches, flags),
      );
    });
  } finally {
    await pool.end();
  }
}

async function storedAgeMs(pool: Pool): Promise<number> {
  const { prune_after_days } = settingsOf((await readSettings(pool)).value).retention;
  if (prune_after_days !== null) return prune_after_days * DAY_MS;
  throw new CliError('Give --older-than: the setting retention.prune_after_days is not set.', EXIT.usage);
}

async function pruneFound(
  site: PruneSite,
  application: Application,
  pool: Pool,
  request: PruneRequest,
  batch_count: number,
  flags: PruneFlags,
): Promise<ExitCode> {
  const context = { pool, logger: site.env.logger, data_dir: resolve(flags.dataDir) };
  const progress = createProgress(flags.json);
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  let pruned: Pruned;
  try {
    pruned = await pruneEnded(site, request, {
      max_slices: flags.maxSlices,
      signal: stopping.signal,
      removeArtifacts: (batch) => application.removeArtifacts?.(batch, context) ?? Promise.resolve(),
      onProgress: ({ processes, commands, batches }) =>
        progress.update('pruned', batches, batch_count, `${processes} processes, ${commands} commands`),
    });
  } finally {
    progress.stop();
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
  const { counts, finished, left_count, failed } = pruned;
  await recordPrune(site.pool, { counts, finished, left_count, failed_count: failed.length });
  show(flags, pruned, () => printPruned(pruned));
  return finished && left_count === 0 ? EXIT.ok : EXIT.not_passed;
}

function printFound({ cutoff, batches, in_batches, unknown_count, ...records }: Prunable): void {
  say(`Ended before ${cutoff.toISOString()} and would be deleted:`);
  printCounts(Object.entries({ batches, 'in these batches': in_batches, ...records }));
  printUnknown(unknown_count);
}

function printPruned({ cutoff, counts, finished, left_count, unknown_count, failed }: Pruned): void {
  say(`Deleted of what ended before ${cutoff.toISOString()}:`);
  const deleted = PRUNED.filter((kind) => counts[kind] > 0);
  if (deleted.length === 0) say('nothing');
  else printCounts(deleted.map((kind) => [kind, counts[kind]]));
  for (const { batch_id, message } of failed) say(`The documents of batch ${batch_id} remain: ${message}`);
  if (left_count > 0) say(`Batches of which something remains for now: ${left_count}`);
  if (!finished) say('It was stopped early: run it again for the rest.');
  printUnknown(unknown_count);
}

function printCounts(rows: readonly (readonly [what: string, count: unknown])[]): void {
  printTable(
    ['what', 'count'],
    rows.map(([what, count]) => [what.replaceAll('_', ' '), count]),
  );
}

function printUnknown(count: number): void {
  if (count > 0) say(`Kept, of process types that the application does not have: ${count} (--unknown-types)`);
}
