// Runs several statements on the same snapshot, read-only, for answers made of more than one of them.

import { type Pool, type Tx, withTx } from '../pool.ts';

export function withSnapshot<T>(pool: Pool, work: (tx: Tx) => Promise<T>): Promise<T> {
  return withTx(pool, async (tx) => {
    await tx.query('set transaction isolation level repeatable read, read only');
    return work(tx);
  });
}

/**
 * Microseconds since 1970 of a timestamp column: a Date would lose the last three digits, and with them the place in a
 * list.
 */
export const microsOf = (column: string) => `(extract(epoch from ${column}) * 1000000)::bigint`;

/** The timestamp of a parameter in microseconds since 1970. */
export const timestampOf = (parameter: string) =>
  `(timestamptz 'epoch' + ${parameter}::bigint * interval '1 microsecond')`;
