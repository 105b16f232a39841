// Statements on command batches: to join, to close, and to find what of one was never attempted.

import type { Queryable, Tx } from '../pool.ts';
import { ids, one } from '../rows.ts';

/** Room for `count` more in a batch that is open and stays within `most`; returns the ordinal of the first, or null. */
export async function joinBatchIfOpen(tx: Tx, batch_id: string, count: number, most: number): Promise<number | null> {
  return (
    (
      await one<{ ordinal: number }>(
        tx,
        `update faultline.batch b set total_count = b.total_count + $2::int
     where b.batch_id = $1 and b.kind = 'command' and b.closed_at is null and b.status = 'CREATING'
       and b.total_count + $2::int <= $3::int
     returning b.total_count - $2::int as ordinal`,
        [batch_id, count, most],
      )
    )?.ordinal ?? null
  );
}

/** Closes an open batch; null when it was closed before, or is none. Waits for whoever is adding to it. */
export async function closeBatchIfOpen(tx: Tx, batch_id: string): Promise<Date | null> {
  return (
    (
      await one<{ closed_at: Date }>(
        tx,
        `update faultline.batch b set closed_at = now()
     where b.batch_id = $1 and b.kind = 'command' and b.closed_at is null and b.status = 'CREATING'
     returning b.closed_at`,
        [batch_id],
      )
    )?.closed_at ?? null
  );
}

/** Commands of a batch that no worker ever took, in order of id. */
export function readUnattemptedCommands(db: Queryable, batch_id: string, after_id: string | null, limit: number) {
  return ids(
    db,
    `select c.command_id from faultline.command c
     where c.batch_id = $1 and c.purpose = 'standalone' and c.status = 'PENDING' and c.attempts = 0
       and ($2::uuid is null or c.command_id > $2)
     order by c.command_id limit $3`,
    [batch_id, after_id, limit],
  );
}
