// Read-only transactions in which all statements see the same snapshot of the database.

import pg from 'pg';
import { type Pool, type Tx, withTx } from '../pool.ts';

/** @param snapshot exported from a transaction that is still open; default: a new one */
export function withSnapshot<T>(pool: Pool, work: (tx: Tx) => Promise<T>, snapshot?: string): Promise<T> {
  return withTx(pool, async (tx) => {
    await tx.query('set transaction isolation level repeatable read, read only');
    if (snapshot !== undefined) await tx.query(`set transaction snapshot ${pg.escapeLiteral(snapshot)}`);
    return work(tx);
  });
}

/** Lets other transactions read the same snapshot while this one is open. */
export async function exportSnapshot(tx: Tx): Promise<string> {
  await tx.query('set local idle_in_transaction_session_timeout = 0');
  const { rows } = await tx.query<{ snapshot: string }>('select pg_export_snapshot() as snapshot');
  return (rows[0] as { snapshot: string }).snapshot;
}

/** A timestamp column in microseconds since 1970. A Date would lose the last three digits, and with them the position in a list. */
export const microsOf = (column: string) => `(extract(epoch from ${column}) * 1000000)::bigint`;

/** The timestamp of a parameter in microseconds since 1970. */
export const timestampOf = (parameter: string) =>
  `(timestamptz 'epoch' + ${parameter}::bigint * interval '1 microsecond')`;
