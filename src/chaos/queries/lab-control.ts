// Statements of the lab's controls: the kill switch, injection into one batch, and behaviors of a batch under way.
// Each changes something only from the state it expects; who comes second changes nothing and is told so.

import type { Queryable, Tx } from '../../db/pool.ts';
import { affected, changed, many, one, only } from '../../db/rows.ts';

/** The key in `setting` under which the kill switch stands while chaos is stopped; without the row it is not. */
const KILL_SWITCH = 'chaos_stopped';

export interface KillSwitchRow {
  actor: string;
  reason: string | null;
  at: Date;
}

/** Who stopped chaos, when and why; null while it is not stopped. */
export function readKillSwitch(db: Queryable) {
  return one<KillSwitchRow>(
    db,
    `select s.value ->> 'actor' as actor, s.value ->> 'reason' as reason, s.updated_at as at
     from faultline.setting s where s.key = $1`,
    [KILL_SWITCH],
  );
}

/** Pulls the kill switch; false when it stood already. */
export async function stopChaosIfOn(tx: Tx, by: { actor: string; reason: string | null }): Promise<boolean> {
  return (
    (await affected(tx, 'insert into faultline.setting (key, value) values ($1, $2) on conflict (key) do nothing', [
      KILL_SWITCH,
      JSON.stringify(by),
    ])) === 1
  );
}

/** Puts the kill switch back; false when it did not stand. */
export function resumeChaosIfStopped(tx: Tx) {
  return changed(tx, 'delete from faultline.setting where key = $1', [KILL_SWITCH]);
}

/** True while the kill switch stands, unless `idempotency_key` was used in the last 24 hours: who repeats a request gets its answer. */
export async function isNewChaosRefused(db: Queryable, idempotency_key: string | null): Promise<boolean> {
  return (
    await only<{ refused: boolean }>(
      db,
      `select exists (select from faultline.setting s where s.key = $1)
       and not exists (
         select from faultline.idempotency_key k where k.key = $2 and k.created_at > now() - interval '24 hours') as refused`,
      [KILL_SWITCH, idempotency_key],
    )
  ).refused;
}

/** Ends injection into a batch that has not ended; null when it was stopped before, or there is no such batch. */
export async function stopInjectionIfOn(tx: Tx, batch_id: string): Promise<Date | null> {
  return (
    (
      await one<{ injection_stopped_at: Date }>(
        tx,
        `update faultline.batch b set injection_stopped_at = now()
     where b.batch_id = $1 and b.kind = 'process' and b.injection_stopped_at is null
       and b.status not in ('COMPLETED', 'COMPLETED_WITH_FAILURES', 'CANCELED')
     returning b.injection_stopped_at`,
        [batch_id],
      )
    )?.injection_stopped_at ?? null
  );
}

export interface BehaviorVersionRow {
  version: number;
  behavior: Record<string, unknown> | null;
  at: Date;
  actor: string;
  reason: string | null;
}

const VERSION_COLUMNS = 'v.version, v.behavior, v.at, v.actor, v.reason';

/**
 * Holds a batch whose behavior may be changed against others who would change it, until the transaction ends; false when it may
 * not be. Chunks under way are neither waited for nor held up.
 */
export async function lockBatchIfChangeable(tx: Tx, batch_id: string): Promise<boolean> {
  return (
    (await affected(
      tx,
      `select from faultline.batch b
     where b.batch_id = $1 and b.kind = 'process' and b.status in ('CREATING', 'RUNNING', 'AT_REST')
       and b.cancel_requested_at is null and b.injection_stopped_at is null
     for no key update`,
      [batch_id],
    )) === 1
  );
}

/** Appends the next version. Only while the batch is held by `lockBatchIfChangeable`. */
export function appendBehaviorVersion(
  tx: Tx,
  batch_id: string,
  given: Pick<BehaviorVersionRow, 'behavior' | 'actor' | 'reason'>,
) {
  return only<BehaviorVersionRow>(
    tx,
    `insert into faultline.batch_behavior as v (batch_id, version, behavior, actor, reason)
     values ($1, (select coalesce(max(l.version), 0) + 1 from faultline.batch_behavior l where l.batch_id = $1), $2, $3, $4)
     returning ${VERSION_COLUMNS}`,
    [batch_id, given.behavior === null ? null : JSON.stringify(given.behavior), given.actor, given.reason],
  );
}

/** The behaviors that a batch was given after its launch, oldest first. */
export function readBehaviorVersions(db: Queryable, batch_id: string) {
  return many<BehaviorVersionRow>(
    db,
    `select ${VERSION_COLUMNS} from faultline.batch_behavior v where v.batch_id = $1 order by v.version`,
    [batch_id],
  );
}

/** The newest behavior of a batch, and what says which of its processes it is for. */
export interface BehaviorOverride {
  batch_id: string;
  behavior: Record<string, unknown> | null;
  seed: string;
  scope_pct: number | null;
}

/** Of the batches that have not ended, those whose behavior was changed after their launch. */
export function readBehaviorOverrides(db: Queryable) {
  return many<BehaviorOverride>(db, {
    name: 'read_behavior_overrides',
    text: `
select b.batch_id, n.behavior, b.seed, (b.experiment ->> 'scope_pct')::float8 as scope_pct
from faultline.batch b
  cross join lateral (
    select v.behavior from faultline.batch_behavior v where v.batch_id = b.batch_id order by v.version desc limit 1) n
where b.status not in ('COMPLETED', 'COMPLETED_WITH_FAILURES', 'CANCELED')`,
  });
}
