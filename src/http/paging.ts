// Pages of lists: each begins after the key of the last row of the page before, which travels as an opaque cursor.
// A cursor of another list, or one that was not made here, is refused by name and never reaches the database.

import { z } from 'zod';
import { InvalidInputError } from '../model/errors.ts';
import { idSchema, type Page } from './contract.ts';

const micros = z.int().min(0);
const count = z.int().min(-1).max(2_147_483_647);
const place = z.tuple([micros, count, count, idSchema, micros]);

/** The sort key of each list. Every list has its own kind. */
const KEYS = {
  batch: z.object({ batch_id: idSchema }),
  ordinal: z.object({ ordinal: count }),
  process: z.object({ batch_id: idSchema, ordinal: count }),
  parked: z.object({ parked_at_us: micros, item_id: idSchema }),
  job: z.object({ began_at_us: micros, job_id: idSchema }),
  job_failure: z.object({ item_id: idSchema }),
  member: z.object({ command_id: idSchema }),
  reply: z.object({ reply_id: idSchema }),
  /** The last standalone command and the last command of a process on the pages so far. */
  command: z.object({
    standalone: z.object({ created_at_us: micros, command_id: idSchema }).nullable(),
    process_command_id: idSchema.nullable(),
  }),
  /**
   * A block of processes by number, or a slice of time by its start in microseconds, and the last event shown of it.
   */
  audit: z.object({ part: micros, after: place.nullable() }),
  /** The last command of the block before; within a block its last command and the last event shown. */
  audit_members: z.tuple([idSchema.nullable(), idSchema.nullable(), place.nullable()]),
  audit_system: place,
};
type Kind = keyof typeof KEYS;
export type Key<K extends Kind> = z.infer<(typeof KEYS)[K]>;

/** Takes the fields of the key from a row. */
export function encodeCursor<K extends Kind>(kind: K, key: Key<K>): string {
  return Buffer.from(JSON.stringify([kind, KEYS[kind].parse(key)])).toString('base64url');
}

/** Null for the first page. @throws InvalidInputError naming `cursor` */
export function decodeCursor<K extends Kind>(kind: K, cursor: string | undefined): Key<K> | null {
  if (cursor === undefined) return null;
  const parsed = z.tuple([z.literal(kind), KEYS[kind]]).safeParse(parse(cursor));
  if (parsed.success) return parsed.data[1] as Key<K>;
  throw new InvalidInputError('The cursor does not belong to this list.', [
    { path: 'cursor', code: 'invalid_cursor', message: 'is not a next_cursor of this list' },
  ]);
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}

/** A page of `rows`. One row more than the page holds means that another page follows. */
export function pageFrom<Row, Item>(
  rows: readonly Row[],
  limit: number,
  show: (row: Row) => Item,
  cursorOf: (last: Row) => string,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(show), next_cursor: rows.length > limit && last !== undefined ? cursorOf(last) : null };
}

/** The page of a list after the cursor. `read` is called for one row more than the page holds. */
export async function keysetPage<K extends Kind, Row extends Key<K>, Item>(
  kind: K,
  { cursor, limit }: { cursor?: string; limit: number },
  read: (key: Key<K> | undefined, limit: number) => Promise<readonly Row[]>,
  show: (row: Row) => Item,
): Promise<Page<Item>> {
  const rows = await read(decodeCursor(kind, cursor) ?? undefined, limit + 1);
  return pageFrom(rows, limit, show, (last) => encodeCursor(kind, last));
}
