// faultline migrate: brings the database to this version's schema, then the application's own tables and first data.
// Promises to be safe to run again and at the same time as another: the second one waits, then finds nothing to do.

import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { migrate as applyMigrations } from '../db/migrate.ts';
import type { Pool } from '../db/pool.ts';
import { expireWorkerLeases } from '../db/queries/claims.ts';
import type { Logger } from '../model/env.ts';
import { CliError, EXIT } from '../supervisor/exit.ts';
import { loadApplication, reaching, requireDatabase, withApplicationPool, withPool } from './compose.ts';

export interface MigrateVerbOptions {
  database_url?: string;
  data_dir: string;
  app?: string;
  lanes?: number;
  dry_run: boolean;
  /** Wait for a database that is still starting. */
  wait: boolean;
  /** Workers of an earlier run that were killed: their leases are ended. */
  replaces: readonly string[];
  logger: Logger;
}

const WAIT_MS = 60_000;
const RETRY_MS = 500;

export async function migrate(options: MigrateVerbOptions): Promise<void> {
  const url = requireDatabase(options.database_url);
  const application = await loadApplication(options.app);
  const work = () =>
    reaching(url, () =>
      withPool(url, 'faultline migrate', async (pool) => {
        await migrateSchema(pool, options);
        if (options.dry_run) return;
        await withApplicationPool(url, 'faultline migrate', async (own) => {
          const context = { pool: own, logger: options.logger, data_dir: resolve(options.data_dir) };
          await application.migrate?.(context);
          await application.seed?.(context);
        });
        for (const worker_id of options.replaces) await endLeases(pool, worker_id, options.logger);
      }),
    );
  await (options.wait ? patiently(work, options.logger) : work());
}

async function migrateSchema(pool: Pool, { lanes, dry_run, logger }: MigrateVerbOptions): Promise<void> {
  const names = await applyMigrations(pool, { lanes, dry_run });
  if (names.length === 0) logger.info({}, 'The schema is up to date');
  else logger.info({ migrations: names }, dry_run ? `Would apply ${names.join(', ')}` : `Applied ${names.join(', ')}`);
}

async function endLeases(pool: Pool, worker_id: string, logger: Logger): Promise<void> {
  const count = await expireWorkerLeases(pool, worker_id);
  if (count > 0) logger.info({ worker_id, count }, `Ended ${count} leases of a worker that was killed`);
}

async function patiently(work: () => Promise<void>, logger: Logger): Promise<void> {
  const until_ms = performance.now() + WAIT_MS;
  for (let told = false; ; told = true) {
    try {
      return await work();
    } catch (error) {
      const away = error instanceof CliError && error.exit_code === EXIT.unavailable;
      if (!away || performance.now() > until_ms) throw error;
      if (!told) logger.warn({}, `${error.message} Waiting for it.`);
      await pause(RETRY_MS);
    }
  }
}
