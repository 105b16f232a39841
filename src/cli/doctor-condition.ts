// What `faultline doctor` makes of how the work stands: which of it needs somebody, and what to do about it.
// Pure; a warning is something to look at, nothing here fails.

import type { Condition } from '../db/queries/read-condition.ts';

export type Finding = { check: string; state: 'ok' | 'warn' | 'fail'; says: string };

const READY_TOO_LONG_S = 60;
const MANY_PARKED = 1_000;

export function checkCondition(condition: Condition, prune_after_days: number | null): Finding[] {
  return [
    checkDomains(condition),
    checkWorkers(condition),
    checkReady(condition),
    checkParked(condition),
    checkPruning(condition, prune_after_days),
    checkTransactions(condition),
    checkBloat(condition),
  ];
}

function finding(check: string, warning: string | false, fine: string): Finding {
  return { check, state: warning === false ? 'ok' : 'warn', says: warning === false ? fine : warning };
}

function checkDomains({ paused_domains }: Condition): Finding {
  const paused = paused_domains.length > 0 && `paused: ${paused_domains.join(', ')}: nothing of theirs is executed`;
  return finding('domains', paused, 'none is paused');
}

function checkWorkers({ dead_workers }: Condition): Finding {
  const dead = dead_workers.length > 0 && `gone within the last hour without a word: ${dead_workers.join(', ')}`;
  return finding('dead workers', dead, 'none');
}

function checkReady({ oldest_ready }: Condition): Finding {
  const late =
    oldest_ready !== null &&
    oldest_ready.ready_s > READY_TOO_LONG_S &&
    `a command of ${oldest_ready.domain} is ready for ${oldest_ready.ready_s} s: too few workers, or none for this domain`;
  return finding('backlog', late, oldest_ready === null ? 'nothing waits' : 'is worked off');
}

function checkParked({ parked_count, oldest_parked_at }: Condition): Finding {
  const count = parked_count > 10_000 ? 'more than 10,000' : String(parked_count);
  const many = parked_count > MANY_PARKED && `${count} wait for an operator (faultline tsq list)`;
  const since = oldest_parked_at === null ? '' : `, the oldest since ${oldest_parked_at.toISOString()}`;
  return finding('troubleshooting', many, parked_count === 0 ? 'empty' : `${count} wait for an operator${since}`);
}

function checkPruning({ overdue_batches, pruned_at }: Condition, prune_after_days: number | null): Finding {
  const last = pruned_at === null ? 'never pruned' : `last pruned ${pruned_at.toISOString()}`;
  const overdue =
    prune_after_days !== null &&
    overdue_batches > 0 &&
    `${overdue_batches} batches are older than ${prune_after_days} days (${last}): does a worker run? See faultline prune`;
  const set = prune_after_days === null ? 'nothing is deleted by itself (retention.prune_after_days)' : last;
  return finding('retention', overdue, set);
}

function checkTransactions({ long_transactions }: Condition): Finding {
  const [oldest] = long_transactions;
  const open =
    oldest !== undefined &&
    `${oldest.application_name || 'a program'} (pid ${oldest.pid}) keeps one open for ${oldest.open_s} s: tables grow meanwhile`;
  return finding('transactions', open, 'none is open for long');
}

function checkBloat({ bloated_tables }: Condition): Finding {
  const bloated =
    bloated_tables.length > 0 &&
    `${bloated_tables.map(({ name, dead }) => `${name}: ${dead} dead rows`).join(', ')}: autovacuum is behind`;
  return finding('bloat', bloated, 'autovacuum keeps up');
}
