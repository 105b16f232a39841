// Stored verdicts, each with a fingerprint of its batch. A verdict with an outdated fingerprint is no longer valid.

import type { Queryable } from '../../db/pool.ts';
import type { Check } from '../schemas.ts';

/** The fingerprint of a batch: it changes with everything that could change the verdict of a batch at rest. */
export async function readFingerprint(db: Queryable, batch_id: string): Promise<string | null> {
  const { rows } = await db.query<{ fingerprint: string }>(
    `select concat_ws(':', b.status, b.created_count, b.completed_count, b.compensated_count, b.failed_count, b.canceled_count,
       b.waiting_count, b.in_troubleshooting_count, extract(epoch from coalesce(b.completed_at, b.rested_at)),
       (select max(e.event_id) from faultline.event e where e.batch_id = b.batch_id)) as fingerprint
     from faultline.batch b where b.batch_id = $1 and b.pruning_at is null`,
    [batch_id],
  );
  return rows[0]?.fingerprint ?? null;
}

export interface StoredVerdict {
  verdict: 'pass' | 'fail';
  checks: Check[];
  fingerprint: string;
  computed_at: Date;
  duration_ms: number;
}

export async function readStoredVerdict(db: Queryable, batch_id: string): Promise<StoredVerdict | null> {
  const { rows } = await db.query<StoredVerdict & Record<string, unknown>>(
    `select v.verdict, v.checks, v.fingerprint, v.computed_at, v.duration_ms from faultline.verdict v where v.batch_id = $1`,
    [batch_id],
  );
  return rows[0] ?? null;
}

/** Replaces an earlier verdict. Writes nothing if the batch was deleted meanwhile. */
export async function storeVerdict(
  db: Queryable,
  batch_id: string,
  { verdict, checks, fingerprint, duration_ms }: Omit<StoredVerdict, 'computed_at'>,
): Promise<Date> {
  const { rows } = await db.query<{ computed_at: Date }>(
    `insert into faultline.verdict as v (batch_id, verdict, checks, fingerprint, duration_ms)
     select b.batch_id, $2, $3::jsonb, $4, $5 from faultline.batch b where b.batch_id = $1
     on conflict (batch_id) do update set verdict = excluded.verdict, checks = excluded.checks, fingerprint = excluded.fingerprint,
       duration_ms = excluded.duration_ms, computed_at = now()
     returning v.computed_at`,
    [batch_id, verdict, JSON.stringify(checks), fingerprint, Math.round(duration_ms)],
  );
  return rows[0]?.computed_at ?? new Date();
}

/** Batches of processes that came to rest within the last hour and have no verdict, or one from before that. */
export async function listUnverifiedBatches(
  db: Queryable,
  { except, limit }: { except: readonly string[]; limit: number },
): Promise<string[]> {
  const { rows } = await db.query<{ batch_id: string }>(
    `select b.batch_id from faultline.batch b left join faultline.verdict v on v.batch_id = b.batch_id
     where b.kind = 'process' and b.pruning_at is null
       and b.status in ('AT_REST', 'COMPLETED', 'COMPLETED_WITH_FAILURES', 'CANCELED')
       and coalesce(b.completed_at, b.rested_at) > now() - interval '1 hour'
       and (v.computed_at is null or v.computed_at < coalesce(b.completed_at, b.rested_at))
       and b.batch_id <> all($2::uuid[])
     order by b.batch_id limit $1`,
    [limit, except],
  );
  return rows.map((row) => row.batch_id);
}
