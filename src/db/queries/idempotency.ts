// Statements on `idempotency_key`. A key is valid for 24 hours.

import type { Queryable, Tx } from '../pool.ts';
import { affected, one } from '../rows.ts';

/** True if the key of the row `k` is no longer valid. */
export const IS_EXPIRED = `k.created_at < now() - interval '24 hours'`;

export interface Idempotency {
  key: string;
  /** Hash of the canonical request body. */
  request_hash: string;
}

/**
 * Claims an idempotency key for `batch_id`. Waits for a concurrent claim of the same key to commit.
 * @returns null if the claim succeeded, else the first use of the key.
 */
export async function claimIdempotencyKey(tx: Tx, { key, request_hash }: Idempotency, batch_id: string) {
  const used = await one<{ request_hash: string; batch_id: string }>(
    tx,
    `insert into faultline.idempotency_key as k (key, request_hash, batch_id) values ($1, $2, $3)
     on conflict (key) do update
       set request_hash = case when ${IS_EXPIRED} then excluded.request_hash else k.request_hash end,
         batch_id = case when ${IS_EXPIRED} then excluded.batch_id else k.batch_id end,
         created_at = case when ${IS_EXPIRED} then now() else k.created_at end
     returning request_hash, batch_id`,
    [key, request_hash, batch_id],
  );
  return used?.batch_id === batch_id ? null : used;
}

export async function isIdempotencyKeyUsed(db: Queryable, key: string): Promise<boolean> {
  return (
    (await one(db, `select from faultline.idempotency_key k where k.key = $1 and not ${IS_EXPIRED}`, [key])) !== null
  );
}

/** Deletes up to `limit` expired keys. */
export function deleteIdempotencyKeys(tx: Tx, limit: number) {
  return affected(
    tx,
    `with expired as materialized (
       select k.key from faultline.idempotency_key k where ${IS_EXPIRED} order by k.created_at limit $1 for update skip locked
     )
     delete from faultline.idempotency_key k using expired e where k.key = e.key`,
    [limit],
  );
}
