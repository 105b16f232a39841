// Pages of the audit. A batch is read in blocks of processes or commands, and a window in slices of time,
// so that the cost of a page does not depend on how much comes before and after it.

import type { Pool } from '../db/pool.ts';
import {
  type AuditedBatch,
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
import type { AuditEvent, AuditQuery } from './contract.ts';
import { decodeCursor, encodeCursor, type Page, pageFrom } from './paging.ts';
import { toWire } from './wire.ts';

const BLOCK_SIZE = 250;
/** Blocks read for one page: blocks whose processes are not created yet are empty. */
const BLOCKS_PER_PAGE = 20;

/** A page of what the query asks for. It may be shorter than its limit; `next_cursor` is null only at the end. */
export async function readAuditPage(pool: Pool, query: AuditQuery): Promise<Page<AuditEvent>> {
  const { command_id, process_id, batch_id, limit } = query;
  if (batch_id !== undefined) return readBatchPage(pool, batch_id, query);
  if (query.level === 'system') return readSystemPage(pool, query, null);
  if (command_id === undefined && process_id === undefined) return readWindowPage(pool, query);
  const after = decodeCursor('audit', query.cursor)?.after ?? null;
  const events =
    command_id !== undefined
      ? await readCommandAudit(pool, command_id, after, limit + 1)
      : await readProcessAudit(pool, process_id as string, after, limit + 1);
  return pageFrom(events, limit, showEvent, (last) => encodeCursor('audit', { part: 0, after: last.place }));
}

function showEvent({ place, at_us, ...event }: AuditRecord): AuditEvent {
  return toWire(event);
}

async function readBatchPage(pool: Pool, batch_id: string, query: AuditQuery): Promise<Page<AuditEvent>> {
  const batch = await findAuditedBatch(pool, batch_id);
  if (batch === null) return { items: [], next_cursor: null };
  if (query.level === 'system') return readSystemPage(pool, query, batch);
  return batch.kind === 'command' ? readMembersPage(pool, batch_id, query) : readProcessesPage(pool, batch, query);
}

async function readProcessesPage(
  pool: Pool,
  { batch_id, total_count, first_ordinal }: AuditedBatch,
  query: AuditQuery,
): Promise<Page<AuditEvent>> {
  const blocks = Math.ceil(total_count / BLOCK_SIZE);
  let { part: block, after } = decodeCursor('audit', query.cursor) ?? { part: 0, after: null };
  const items: AuditEvent[] = [];
  for (let reads = 0; block < blocks && reads < BLOCKS_PER_PAGE && items.length < query.limit; reads++) {
    const limit = query.limit - items.length;
    const from_ordinal = first_ordinal + block * BLOCK_SIZE;
    const range = { batch_id, from_ordinal, to_ordinal: from_ordinal + BLOCK_SIZE, with_own: block === 0 };
    const events = await readBlockAudit(pool, range, after, limit + 1);
    const page = pageFrom(events, limit, showEvent, ({ place }) =>
      encodeCursor('audit', { part: block, after: place }),
    );
    items.push(...page.items);
    if (page.next_cursor !== null) return { items, next_cursor: page.next_cursor };
    block++;
    after = null;
  }
  return { items, next_cursor: block < blocks ? encodeCursor('audit', { part: block, after: null }) : null };
}

/** A command batch may grow while it is read: a block is what lies between two commands, whatever their number. */
async function readMembersPage(pool: Pool, batch_id: string, query: AuditQuery): Promise<Page<AuditEvent>> {
  let [after_id, upto_id, after] = decodeCursor('audit_members', query.cursor) ?? [null, null, null];
  const items: AuditEvent[] = [];
  while (items.length < query.limit) {
    const command_ids = await listMemberIds(pool, batch_id, { after_id, upto_id, limit: BLOCK_SIZE });
    const last_id = upto_id ?? command_ids.at(-1) ?? null;
    const limit = query.limit - items.length;
    const members = { batch_id, command_ids, with_own: after_id === null };
    const page = pageFrom(await readMembersAudit(pool, members, after, limit + 1), limit, showEvent, ({ place }) =>
      encodeCursor('audit_members', [after_id, last_id, place]),
    );
    items.push(...page.items);
    if (page.next_cursor !== null) return { items, next_cursor: page.next_cursor };
    if (upto_id === null && command_ids.length < BLOCK_SIZE) return { items, next_cursor: null };
    [after_id, upto_id, after] = [last_id, null, null];
  }
  return { items, next_cursor: encodeCursor('audit_members', [after_id, null, null]) };
}

async function readSystemPage(
  pool: Pool,
  { order = 'asc', limit, cursor, ...query }: AuditQuery,
  batch: AuditedBatch | null,
): Promise<Page<AuditEvent>> {
  const window = batch ?? { ...windowOf(query), batch_id: null };
  const events = await readSystemAudit(pool, { ...window, order }, decodeCursor('audit_system', cursor), limit + 1);
  return pageFrom(events, limit, showEvent, ({ place }) => encodeCursor('audit_system', place));
}

const FIRST_SLICE_US = 1_000_000;
const MIN_SLICE_US = 10_000;
/** Attempts that one read may sort. */
const SLICE_ATTEMPTS = 20_000;

async function readWindowPage(pool: Pool, query: AuditQuery): Promise<Page<AuditEvent>> {
  const window = windowOf(query);
  let { part: from_us, after } = decodeCursor('audit', query.cursor) ?? { part: window.from_us, after: null };
  from_us = after?.[0] ?? from_us;
  let length_us = FIRST_SLICE_US;
  const items: AuditEvent[] = [];
  while (from_us < window.to_us && items.length < query.limit) {
    const slice = { from_us, to_us: Math.min(from_us + length_us, window.to_us) };
    if (length_us > MIN_SLICE_US && (await isWindowFuller(pool, slice, SLICE_ATTEMPTS))) {
      length_us = Math.max(MIN_SLICE_US, Math.floor(length_us / 8));
      continue;
    }
    const limit = query.limit - items.length;
    const page = pageFrom(await readWindowAudit(pool, slice, after, limit + 1), limit, showEvent, ({ place }) =>
      encodeCursor('audit', { part: 0, after: place }),
    );
    items.push(...page.items);
    if (page.next_cursor !== null) return { items, next_cursor: page.next_cursor };
    from_us = slice.to_us;
    after = null;
    length_us *= 4;
  }
  return { items, next_cursor: from_us < window.to_us ? encodeCursor('audit', { part: from_us, after: null }) : null };
}

/** `from` is required by the query's schema. */
function windowOf({ from, to }: Pick<AuditQuery, 'from' | 'to'>): { from_us: number; to_us: number } {
  const microsOf = (time: string) => Date.parse(time) * 1_000;
  return { from_us: microsOf(from as string), to_us: microsOf(to ?? new Date().toISOString()) };
}
