// The results of statements: rows, one row, one column, a count, or the number of rows written.

import type pg from 'pg';
import type { Queryable } from './pool.ts';

type Statement = string | pg.QueryConfig;

function run<R>(
  db: Queryable,
  statement: Statement,
  values?: unknown[],
): Promise<pg.QueryResult<R & pg.QueryResultRow>> {
  return db.query<R & pg.QueryResultRow>(typeof statement === 'string' ? { text: statement, values } : statement);
}

export async function many<R>(db: Queryable, statement: Statement, values?: unknown[]): Promise<R[]> {
  return (await run<R>(db, statement, values)).rows;
}

/** The first row, or null. */
export async function one<R>(db: Queryable, statement: Statement, values?: unknown[]): Promise<R | null> {
  return (await run<R>(db, statement, values)).rows[0] ?? null;
}

/** The row of a statement that always returns one. */
export async function only<R>(db: Queryable, statement: Statement, values?: unknown[]): Promise<R> {
  return (await run<R>(db, statement, values)).rows[0] as R;
}

/** The values of the first column: ids. */
export async function ids(db: Queryable, statement: Statement, values?: unknown[]): Promise<string[]> {
  const query = typeof statement === 'string' ? { text: statement, values } : statement;
  return (await run<[string]>(db, { ...query, rowMode: 'array' } as pg.QueryConfig)).rows.map(([id]) => id);
}

export async function idSet(db: Queryable, statement: Statement, values?: unknown[]): Promise<Set<string>> {
  return new Set(await ids(db, statement, values));
}

/** The column `count` of the only row. */
export async function count(db: Queryable, statement: Statement, values?: unknown[]): Promise<number> {
  return (await one<{ count: number }>(db, statement, values))?.count ?? 0;
}

/** The number of rows written, deleted or locked. */
export async function affected(db: Queryable, statement: Statement, values?: unknown[]): Promise<number> {
  return (await run(db, statement, values)).rowCount ?? 0;
}

/** True when the statement wrote, deleted or locked a row: its guard held. */
export async function changed(db: Queryable, statement: Statement, values?: unknown[]): Promise<boolean> {
  return (await affected(db, statement, values)) > 0;
}
