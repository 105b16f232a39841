// faultline migrate: migrates the database to this version's schema, then creates the application's tables and data.
// Safe to run again, and twice at once: the second run waits for the first and finds nothing to do.

import { resolve } from 'node:path';
import type { Command } from 'commander';
import { migrate as applyMigrations } from '../db/migrate.ts';
import { liveUnderSupervisor } from '../supervisor/child.ts';
import { loadApplication, reaching, requireDatabase, withApplicationPool, withPool } from './compose.ts';
import { createLogger } from './logger.ts';
import { type ServiceFlags, within, withServiceOptions } from './options.ts';
import { endReplacedLeases } from './replaced-workers.ts';
import { retryUnavailable } from './retry-unavailable.ts';

export function register(program: Command): void {
  withServiceOptions(
    program
      .command('migrate')
      .description('bring the database to this version and add the data a first start needs')
      .option('--dry-run', 'list the migrations that would be applied, and apply none', false)
      .option('--wait', 'wait up to a minute for a database that is starting', false)
      .option('--lanes <number>', 'lanes of a new database (default: 1)', within({ min: 1, max: 1024 })),
  ).action(migrate);
}

interface MigrateFlags extends ServiceFlags {
  lanes?: number;
  dryRun: boolean;
  wait: boolean;
}

async function migrate({ databaseUrl, dataDir, app, lanes, dryRun, wait }: MigrateFlags): Promise<void> {
  liveUnderSupervisor();
  const logger = createLogger();
  const url = requireDatabase(databaseUrl);
  const application = await loadApplication(app);
  const work = () =>
    reaching(url, () =>
      withPool(url, 'faultline migrate', async (pool) => {
        const migrations = await applyMigrations(pool, { lanes, dry_run: dryRun });
        if (migrations.length === 0) logger.info({}, 'The schema is up to date');
        else logger.info({ migrations }, `${dryRun ? 'Would apply' : 'Applied'} ${migrations.join(', ')}`);
        if (dryRun) return;
        await withApplicationPool(url, 'faultline migrate', async (own) => {
          const context = { pool: own, logger, data_dir: resolve(dataDir) };
          await application.migrate?.(context);
          await application.seed?.(context);
        });
        await endReplacedLeases(pool, logger);
      }),
    );
  await (wait ? retryUnavailable(work, ({ message }) => logger.warn({}, `${message} Waiting for it.`)) : work());
}
