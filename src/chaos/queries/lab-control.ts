// Statements that control the lab: the kill switch, injection into one batch, and behaviors of a running batch.
// Each changes a row only in the state it expects; of two concurrent changes the second has no effect.

import type { Queryable, Tx } from '../../db/pool.ts';
import { changed, many, one, only } from '../../db/rows.ts';
import { ENDED_BATCH } from '../../db/statuses.ts';

/** Chaos is stopped while this setting exists. */
const KILL_SWITCH = 'chaos_stopped';

/** True while chaos is stopped. Depends on no other row, so it is evaluated once per statement. */
export const IS_CHAOS_STOPPED = `exists (select from faultline.setting s where s.key = '${KILL_SWITCH}')`;

export interface KillSwitch {
  stopped: boolean;
  /** When, by whom and why chaos was stopped; null while it is not. */
  at: Date | null;
  actor: string | null;
  reason: string | null;
}

export async function readKillSwitch(db: Queryable): Promise<KillSwitch> {
  const stopped = await one<Omit<KillSwitch, 'stopped'>>(
    db,
    `select s.value ->> 'actor' as actor, s.value ->> 'reason' as reason, s.updated_at as at
     from faultline.setting s where s.key = $1`,
    [KILL_SWITCH],
  );
  return stopped === null ? { stopped: false, at: null, actor: null, reason: null } : { stopped: true, ...stopped };
}

/** Stops chaos; false if it is stopped already. */
export function stopChaosIfRunning(tx: Tx, by: { actor: string; reason: string | null }) {
  return changed(tx, 'insert into faultline.setting (key, value) values ($1, $2) on conflict (key) do nothing', [
    KILL_SWITCH,
    JSON.stringify(by),
  ]);
}

/** Resumes chaos; false if it is not stopped. */
export function resumeChaosIfStopped(tx: Tx) {
  return changed(tx, 'delete from faultline.setting where key = $1', [KILL_SWITCH]);
}

/** Stops injection into a batch that has not ended; null if it was stopped before, or there is no such batch. */
export async function stopInjectionIfRunning(tx: Tx, batch_id: string): Promise<Date | null> {
  const stopped = await one<{ injection_stopped_at: Date }>(
    tx,
    `update faultline.batch b set injection_stopped_at = now()
     where b.batch_id = $1 and b.kind = 'process' and b.injection_stopped_at is null and b.status not in ${ENDED_BATCH}
     returning b.injection_stopped_at`,
    [batch_id],
  );
  return stopped?.injection_stopped_at ?? null;
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
 * Locks a batch whose behavior may be changed against other changes of it; false if it may not. Does not block chunks
 * in progress.
 */
export function lockBatchIfChangeable(tx: Tx, batch_id: string) {
  return changed(
    tx,
    `select from faultline.batch b
     where b.batch_id = $1 and b.kind = 'process' and b.status in ('CREATING', 'RUNNING', 'AT_REST')
       and b.cancel_requested_at is null and b.injection_stopped_at is null
     for no key update`,
    [batch_id],
  );
}

/** Appends the next version. Call it under `lockBatchIfChangeable`. */
export function appendBehaviorVersion(
  tx: Tx,
  batch_id: string,
  { behavior, actor, reason }: Pick<BehaviorVersionRow, 'behavior' | 'actor' | 'reason'>,
) {
  return only<BehaviorVersionRow>(
    tx,
    `insert into faultline.batch_behavior as v (batch_id, version, behavior, actor, reason)
     values ($1, (select coalesce(max(l.version), 0) + 1 from faultline.batch_behavior l where l.batch_id = $1), $2, $3, $4)
     returning ${VERSION_COLUMNS}`,
    [batch_id, behavior === null ? null : JSON.stringify(behavior), actor, reason],
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

/** The newest behavior of a batch, and what determines the processes it applies to. */
export interface BehaviorOverride {
  batch_id: string;
  behavior: Record<string, unknown> | null;
  seed: string;
  scope_pct: number | null;
}

/** The open batches whose behavior was changed after their launch. */
export function readBehaviorOverrides(db: Queryable) {
  return many<BehaviorOverride>(db, {
    name: 'read_behavior_overrides',
    text: `
select b.batch_id, n.behavior, b.seed, (b.experiment ->> 'scope_pct')::float8 as scope_pct
from faultline.batch b
  cross join lateral (
    select v.behavior from faultline.batch_behavior v where v.batch_id = b.batch_id order by v.version desc limit 1) n
where b.status not in ${ENDED_BATCH}`,
  });
}
