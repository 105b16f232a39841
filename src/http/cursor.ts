// Cursors: where the next page begins, as opaque text. Each list has its own kind, so none takes another's.
// Promises that a cursor which was not made here is refused by name, never passed on to the database.

import { z } from 'zod';
import { InvalidInputError } from '../model/errors.ts';
import { idSchema } from './contract.ts';

const micros = z.int().min(0);
const count = z.int().min(-1).max(2_147_483_647);

const place = z.tuple([micros, count, count, idSchema, z.int().min(0)]);

const KINDS = {
  batch: z.tuple([idSchema]),
  ordinal: z.tuple([count]),
  process: z.tuple([idSchema, count]),
  parked: z.tuple([micros, idSchema]),
  job: z.tuple([micros, idSchema]),
  job_failure: z.tuple([idSchema]),
  /** Where standalone commands and those of processes were left off. */
  command: z.tuple([micros.nullable(), idSchema.nullable(), idSchema.nullable()]),
  member: z.tuple([idSchema]),
  reply: z.tuple([idSchema]),
  /** The place of an event; block counts the processes of a batch by hundreds. */
  audit: z.tuple([count, micros, count, count, idSchema, z.int().min(0)]),
  /** A block or window of which nothing was read yet. */
  audit_from: z.tuple([micros]),
  /** The last command of the block before, and within a block its own last command and the place of an event. */
  audit_members: z.tuple([idSchema.nullable(), idSchema.nullable(), place.nullable()]),
  audit_system: place,
};

export type CursorKind = keyof typeof KINDS;
export type CursorValue<K extends CursorKind> = z.infer<(typeof KINDS)[K]>;

export function encodeCursor<K extends CursorKind>(kind: K, value: CursorValue<K>): string {
  return Buffer.from(JSON.stringify([kind, ...value])).toString('base64url');
}

/** @throws InvalidInputError naming `cursor` */
export function decodeCursor<K extends CursorKind>(
  kinds: readonly K[],
  text: string,
): { [Kind in K]: { kind: Kind; value: CursorValue<Kind> } }[K] {
  const [kind, ...value] = parse(text);
  const found = kinds.find((candidate) => candidate === kind);
  if (found !== undefined) {
    const parsed = KINDS[found].safeParse(value);
    if (parsed.success)
      return { kind: found, value: parsed.data } as { [Kind in K]: { kind: Kind; value: CursorValue<Kind> } }[K];
  }
  throw new InvalidInputError('The cursor is not one of this list.', [
    { path: 'cursor', code: 'invalid_cursor', message: 'is not a next_cursor of this list' },
  ]);
}

function parse(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

/** A page from one row more than it holds: whether there is that row says whether there is another page. */
export function pageFrom<Row, Item>(
  rows: readonly Row[],
  limit: number,
  show: (row: Row) => Item,
  cursorOf: (last: Row) => string,
): { items: Item[]; next_cursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(show), next_cursor: rows.length > limit && last !== undefined ? cursorOf(last) : null };
}
