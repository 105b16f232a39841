// Pages of the audit. A batch is read in blocks of processes or commands, and a window in slices of time,
// so that the cost of a page does not depend on how much comes before and after it.

import type { Pool } from '../db/pool.ts';
import {
  type AuditedBatch,
  type AuditPlace,
  type AuditRecord,
  findAuditedBatch,
  isWindowFuller,
  listMemberIds,
  readBlockAudit,
  readCommandAudit,
  readMembersAudit,
  readProcessAudit,
  readSystemAudit,
  readWindowAudit,
} from '../db/queries/read-audit.ts';
import type { AuditEvent, AuditQuery, Page } from './contract.ts';
import { decodeCursor, encodeCursor, pageFrom } from './paging.ts';
import { toWire } from './wire.ts';

const BLOCK_SIZE = 250;
/** Blocks read for one page: blocks whose processes are not created yet are empty. */
const BLOCKS_PER_PAGE = 20;

/** A page of the query's events. It may be shorter than its limit; `next_cursor` is null only at the end. */
export async function readAuditPage(pool: Pool, query: AuditQuery): Promise<Page<AuditEvent>> {
  const { command_id, process_id, batch_id, limit } = query;
  const batch = batch_id === undefined ? undefined : await findAuditedBatch(pool, batch_id);
  if (batch === null) return { items: [], next_cursor: null };
  if (query.level === 'system') return readSystemPage(pool, query, batch);
  if (batch !== undefined)
    return collect(limit, (batch.kind === 'command' ? memberBlocks : blocks)(pool, batch, query));
  if (command_id === undefined && process_id === undefined) return collect(limit, slicesOfTime(pool, query));
  const after = decodeCursor('audit', query.cursor)?.after ?? null;
  const events =
    command_id !== undefined
      ? await readCommandAudit(pool, command_id, { after, limit: limit + 1 })
      : await readProcessAudit(pool, process_id as string, { after, limit: limit + 1 });
  return pageFrom(events, limit, showEvent, ({ place }) => encodeCursor('audit', { part: 0, after: place }));
}

function showEvent({ place, at_us, ...event }: AuditRecord): AuditEvent {
  return toWire(event);
}

/** A part of the audit that is read in one query. */
interface Part {
  read(limit: number): Promise<AuditRecord[]>;
  /** The cursor of what follows an event of the part. */
  cursorAfter(place: AuditPlace): string;
  /** The cursor of the next part; null after the last one. */
  next_cursor: string | null;
}

/** A page from part after part, until it is full or the parts end. */
async function collect(limit: number, parts: AsyncIterable<Part>): Promise<Page<AuditEvent>> {
  const items: AuditEvent[] = [];
  let next_cursor: string | null = null;
  for await (const part of parts) {
    const left = limit - items.length;
    const page = pageFrom(await part.read(left + 1), left, showEvent, ({ place }) => part.cursorAfter(place));
    items.push(...page.items);
    next_cursor = page.next_cursor ?? part.next_cursor;
    if (items.length === limit || next_cursor === null) break;
  }
  return { items, next_cursor };
}

async function* blocks(pool: Pool, batch: AuditedBatch, { cursor }: AuditQuery): AsyncGenerator<Part> {
  const { batch_id, total_count, first_ordinal } = batch;
  const count = Math.ceil(total_count / BLOCK_SIZE);
  const start = decodeCursor('audit', cursor) ?? { part: 0, after: null };
  for (let part = start.part; part < Math.min(count, start.part + BLOCKS_PER_PAGE); part++) {
    const from_ordinal = first_ordinal + part * BLOCK_SIZE;
    const range = { batch_id, from_ordinal, to_ordinal: from_ordinal + BLOCK_SIZE, with_own: part === 0 };
    const after = part === start.part ? start.after : null;
    yield {
      read: (limit) => readBlockAudit(pool, range, { after, limit }),
      cursorAfter: (place) => encodeCursor('audit', { part, after: place }),
      next_cursor: part + 1 < count ? encodeCursor('audit', { part: part + 1, after: null }) : null,
    };
  }
}

/** A command batch may grow while it is read, so a block is bounded by two commands, not by a number of them. */
async function* memberBlocks(pool: Pool, { batch_id }: AuditedBatch, { cursor }: AuditQuery): AsyncGenerator<Part> {
  let [after_id, upto_id, after] = decodeCursor('audit_members', cursor) ?? [null, null, null];
  for (;;) {
    const block = { after_id, upto_id, after };
    const command_ids = await listMemberIds(pool, batch_id, { after_id, upto_id, limit: BLOCK_SIZE });
    const last_id = upto_id ?? command_ids.at(-1) ?? null;
    const members = { batch_id, command_ids, with_own: after_id === null };
    const ends = upto_id === null && command_ids.length < BLOCK_SIZE;
    yield {
      read: (limit) => readMembersAudit(pool, members, { after: block.after, limit }),
      cursorAfter: (place) => encodeCursor('audit_members', [block.after_id, last_id, place]),
      next_cursor: ends ? null : encodeCursor('audit_members', [last_id, null, null]),
    };
    [after_id, upto_id, after] = [last_id, null, null];
  }
}

const FIRST_SLICE_US = 1_000_000;
const MIN_SLICE_US = 10_000;
/** Attempts that one read may sort. */
const SLICE_ATTEMPTS = 20_000;

async function* slicesOfTime(pool: Pool, query: AuditQuery): AsyncGenerator<Part> {
  const window = windowOf(query);
  const start = decodeCursor('audit', query.cursor) ?? { part: window.from_us, after: null };
  let after = start.after;
  let from_us = after?.[0] ?? start.part;
  let length_us = FIRST_SLICE_US;
  while (from_us < window.to_us) {
    const slice = { from_us, to_us: Math.min(from_us + length_us, window.to_us) };
    if (length_us > MIN_SLICE_US && (await isWindowFuller(pool, slice, SLICE_ATTEMPTS))) {
      length_us = Math.max(MIN_SLICE_US, Math.floor(length_us / 8));
      continue;
    }
    const from = after;
    yield {
      read: (limit) => readWindowAudit(pool, slice, { after: from, limit }),
      cursorAfter: (place) => encodeCursor('audit', { part: 0, after: place }),
      next_cursor: slice.to_us < window.to_us ? encodeCursor('audit', { part: slice.to_us, after: null }) : null,
    };
    [from_us, after] = [slice.to_us, null];
    length_us *= 4;
  }
}

async function readSystemPage(
  pool: Pool,
  { order = 'asc', limit, cursor, ...query }: AuditQuery,
  batch: AuditedBatch | undefined,
): Promise<Page<AuditEvent>> {
  const window = batch ?? { ...windowOf(query), batch_id: null };
  const events = await readSystemAudit(pool, window, {
    after: decodeCursor('audit_system', cursor),
    limit: limit + 1,
    order,
  });
  return pageFrom(events, limit, showEvent, ({ place }) => encodeCursor('audit_system', place));
}

/** `from` is required by the query's schema. */
function windowOf({ from, to }: Pick<AuditQuery, 'from' | 'to'>): { from_us: number; to_us: number } {
  const microsOf = (time: string) => Date.parse(time) * 1_000;
  return { from_us: microsOf(from as string), to_us: microsOf(to ?? new Date().toISOString()) };
}
