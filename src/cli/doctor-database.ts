// The database checks of doctor: settings, schema, and work that needs an operator.

import { assertMigrated } from '../db/migrate.ts';
import type { Pool } from '../db/pool.ts';
import { type Condition, readCondition } from '../db/queries/read-condition.ts';
import { readServerFacts, type ServerFacts } from '../db/queries/server.ts';
import { readSettings } from '../db/queries/settings.ts';
import { settingsOf } from '../model/settings.ts';
import { checkConnections } from './connections.ts';
import { type Finding, fail, warn } from './findings.ts';

export async function checkDatabase(pool: Pool): Promise<Finding[]> {
  const facts = await readServerFacts(pool);
  const outdated = await assertMigrated(pool).then(
    () => undefined,
    (error: Error) => error.message,
  );
  const findings = [...checkServer(facts), checkConnections(facts), fail('schema', outdated, 'up to date')];
  // Tables of another schema version may lack what the rest reads.
  if (outdated !== undefined) return findings;
  const { prune_after_days } = settingsOf((await readSettings(pool)).value).retention;
  return [...findings, ...checkCondition(await readCondition(pool, prune_after_days), prune_after_days)];
}

function checkServer(facts: ServerFacts): Finding[] {
  const version = `PostgreSQL ${Math.floor(facts.version_num / 10_000)}`;
  const unsafe = (['fsync', 'full_page_writes', 'synchronous_commit'] as const).filter((name) => facts[name] === 'off');
  return [
    fail('database', facts.version_num < 150_000 && `${version}: 15 or newer is needed`, version),
    warn(
      'durability',
      unsafe.length > 0 && `${unsafe.join(', ')} off: a crash may lose commits`,
      'commits survive a crash',
    ),
    warn('planner', facts.jit !== 'off' && 'jit is on: it makes short statements slower', 'jit is off'),
    fail(
      'writing',
      facts.read_only && 'the database is read-only: nothing can be sent or executed',
      'the database can be written',
    ),
  ];
}

const MAX_READY_S = 60;
const MANY_PARKED = 1_000;

/** Pure. Nothing here fails: a warning is something to look at. */
export function checkCondition(condition: Condition, prune_after_days: number | null): Finding[] {
  const { paused_domains, dead_workers, oldest_ready, parked_count, oldest_parked_at } = condition;
  const { overdue_batches, pruned_at, long_transactions, bloated_tables } = condition;
  const parked = `${parked_count > 10_000 ? 'more than 10,000' : parked_count} wait for an operator`;
  const since = oldest_parked_at === null ? '' : `, the oldest since ${oldest_parked_at.toISOString()}`;
  const pruned = pruned_at === null ? 'never pruned' : `last pruned ${pruned_at.toISOString()}`;
  const [oldest] = long_transactions;
  return [
    warn(
      'domains',
      paused_domains.length > 0 && `paused: ${paused_domains.join(', ')}: their commands are not executed`,
      'none is paused',
    ),
    warn(
      'dead workers',
      dead_workers.length > 0 && `stopped without notice within the last hour: ${dead_workers.join(', ')}`,
      'none',
    ),
    warn(
      'backlog',
      oldest_ready !== null &&
        oldest_ready.ready_s > MAX_READY_S &&
        `a command of ${oldest_ready.domain} is ready for ${oldest_ready.ready_s} s: too few workers, or none for this domain`,
      oldest_ready === null ? 'empty' : 'is worked off',
    ),
    warn(
      'troubleshooting',
      parked_count > MANY_PARKED && `${parked} (faultline tsq list)`,
      parked_count === 0 ? 'empty' : `${parked}${since}`,
    ),
    warn(
      'retention',
      prune_after_days !== null &&
        overdue_batches > 0 &&
        `${overdue_batches} batches are older than ${prune_after_days} days (${pruned}): does a worker run? See faultline prune`,
      prune_after_days === null ? 'nothing is deleted automatically (retention.prune_after_days)' : pruned,
    ),
    warn(
      'transactions',
      oldest &&
        `${oldest.application_name || 'a program'} (pid ${oldest.pid}) keeps one open for ${oldest.open_s} s: tables grow meanwhile`,
      'none is open for long',
    ),
    warn(
      'bloat',
      bloated_tables.length > 0 &&
        `${bloated_tables.map(({ name, dead }) => `${name}: ${dead} dead rows`).join(', ')}: autovacuum is behind`,
      'autovacuum keeps up',
    ),
  ];
}
