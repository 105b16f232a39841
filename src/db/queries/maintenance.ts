// Statements of maintenance, which one worker does: its lock, and statistics of tables that grew.

import type { Tx } from '../pool.ts';
import { only } from '../rows.ts';

const MAINTENANCE_LOCK = 4_702_111_234_474_984;

/** True for one transaction at a time, over all workers. */
export async function tryMaintenanceLock(tx: Tx): Promise<boolean> {
  return (await only<{ locked: boolean }>(tx, 'select pg_try_advisory_xact_lock($1) as locked', [MAINTENANCE_LOCK]))
    .locked;
}

/**
 * Analyzes tables that have doubled since their last statistics: with stale ones the planner takes plans at 2-3 times
 * the cost, and autovacuum is a minute too late for a batch that runs for ten seconds.
 */
export async function analyzeIfGrown(tx: Tx): Promise<void> {
  const { rows } = await tx.query<{ name: string }>(
    `select format('%I.%I', s.schemaname, s.relname) as name
     from pg_stat_user_tables s join pg_class c on c.oid = s.relid
     where s.schemaname in ('faultline', 'e2e') and s.n_mod_since_analyze > 2000 and s.n_mod_since_analyze > greatest(c.reltuples, 0)`,
  );
  // A sample of 3,000 rows is enough here, at a tenth of the cost of the default.
  if (rows.length > 0) await tx.query('set local default_statistics_target = 10');
  for (const { name } of rows) await tx.query(`analyze ${name}`);
}
