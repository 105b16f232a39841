// Reading several statements from one moment of the database, for answers made of more than one of them.
// Promises that nothing is written and that all statements see the same rows.

import pg from 'pg';
import { type Pool, type Tx, withTx } from '../pool.ts';

/** @param snapshot of a transaction that is still open, as exportSnapshot gave it: the moment to read from, if not this one. */
export function withSnapshot<T>(pool: Pool, work: (tx: Tx) => Promise<T>, snapshot?: string): Promise<T> {
  return withTx(pool, async (tx) => {
    await tx.query('set transaction isolation level repeatable read, read only');
    if (snapshot !== undefined) await tx.query(`set transaction snapshot ${pg.escapeLiteral(snapshot)}`);
    return work(tx);
  });
}

/** Lets other transactions read from the same moment for as long as this one is open, which may wait for them. */
export async function exportSnapshot(tx: Tx): Promise<string> {
  await tx.query('set local idle_in_transaction_session_timeout = 0');
  const { rows } = await tx.query<{ snapshot: string }>('select pg_export_snapshot() as snapshot');
  return (rows[0] as { snapshot: string }).snapshot;
}

/** Microseconds since 1970 of a timestamp column: a Date would lose the last three digits, and with them the place in a list. */
export const microsOf = (column: string) => `(extract(epoch from ${column}) * 1000000)::bigint`;

/** The timestamp of a parameter that holds such microseconds. */
export const timestampOf = (parameter: string) =>
  `(timestamptz 'epoch' + ${parameter}::bigint * interval '1 microsecond')`;
