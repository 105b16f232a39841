// Pages of the audit. A batch is read in blocks of processes and a window in slices of time,
// so that a page costs about the same however much there is before and behind it.

import type { Pool } from '../db/pool.ts';
import {
  type AuditPlace,
  type AuditRecord,
  isWindowFuller,
  readBlockAudit,
  readCommandAudit,
  readProcessAudit,
  readSystemAudit,
  readWindowAudit,
} from '../db/queries/read-audit.ts';
import { findBatch } from '../db/queries/read-batches.ts';
import type { AuditQuery } from './contract.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';

export interface AuditPage {
  events: AuditRecord[];
  next_cursor: string | null;
}

const BLOCK_SIZE = 250;
/** Blocks looked at for one page: those whose processes are not created yet hold nothing. */
const BLOCKS_A_PAGE = 20;

/** A page of what the query asks for; `next_cursor` is null only at the end, so a page may be shorter than its limit. */
export async function readAuditPage(pool: Pool, query: AuditQuery): Promise<AuditPage> {
  const { command_id, process_id, batch_id, limit } = query;
  if (query.level === 'system') return readSystemPage(pool, query);
  if (batch_id !== undefined) return readBatchPage(pool, batch_id, query);
  if (command_id === undefined && process_id === undefined) return readWindowPage(pool, query);
  const { after } = startOf(query, 0);
  const events =
    command_id !== undefined
      ? await readCommandAudit(pool, command_id, after, limit + 1)
      : await readProcessAudit(pool, process_id as string, after, limit + 1);
  return cut(events, limit, (last) => placeCursor(0, last));
}

/** Where a page begins: `part` is a block, or the start of a slice in microseconds. */
function startOf(query: AuditQuery, first: number): { part: number; after: AuditPlace | null } {
  if (query.cursor === undefined) return { part: first, after: null };
  const cursor = decodeCursor(['audit', 'audit_from'], query.cursor);
  if (cursor.kind === 'audit_from') return { part: cursor.value[0], after: null };
  const [part, ...after] = cursor.value;
  return { part, after };
}

function placeCursor(block: number, last: AuditRecord): string {
  return encodeCursor('audit', [block, ...last.place]);
}

function cut(events: AuditRecord[], limit: number, cursorOf: (last: AuditRecord) => string): AuditPage {
  const shown = events.slice(0, limit);
  const last = shown.at(-1);
  return { events: shown, next_cursor: events.length > limit && last !== undefined ? cursorOf(last) : null };
}

async function readBatchPage(pool: Pool, batch_id: string, query: AuditQuery): Promise<AuditPage> {
  const batch = await findBatch(pool, batch_id);
  if (batch === null) return { events: [], next_cursor: null };
  const blocks = Math.ceil(batch.total_count / BLOCK_SIZE);
  let { part: block, after } = startOf(query, 0);
  const events: AuditRecord[] = [];
  for (let looks = 0; block < blocks && looks < BLOCKS_A_PAGE; looks++) {
    const wanted = query.limit - events.length;
    const from_ordinal = batch.first_ordinal + block * BLOCK_SIZE;
    const range = { batch_id, from_ordinal, to_ordinal: from_ordinal + BLOCK_SIZE, with_own: block === 0 };
    const page = cut(await readBlockAudit(pool, range, after, wanted + 1), wanted, (last) => placeCursor(block, last));
    events.push(...page.events);
    if (page.next_cursor !== null) return { events, next_cursor: page.next_cursor };
    block++;
    after = null;
    if (events.length === query.limit) break;
  }
  return { events, next_cursor: block < blocks ? encodeCursor('audit_from', [block]) : null };
}

async function readSystemPage(pool: Pool, query: AuditQuery): Promise<AuditPage> {
  const { batch_id = null, limit } = query;
  const batch = batch_id === null ? null : await findBatch(pool, batch_id);
  if (batch_id !== null && batch === null) return { events: [], next_cursor: null };
  const from = batch?.created_at.toISOString() ?? (query.from as string);
  const to = batch?.completed_at?.toISOString() ?? query.to ?? new Date().toISOString();
  const window = { from_us: microsOf(from), to_us: microsOf(to), batch_id };
  const { after } = startOf(query, 0);
  return cut(await readSystemAudit(pool, window, after, limit + 1), limit, (last) => placeCursor(0, last));
}

const FIRST_SLICE_US = 1_000_000;
const SHORTEST_SLICE_US = 10_000;
/** Attempts that one look may sort. */
const SLICE_ATTEMPTS = 20_000;

async function readWindowPage(pool: Pool, query: AuditQuery): Promise<AuditPage> {
  const end_us = microsOf(query.to ?? new Date().toISOString());
  const start = startOf(query, microsOf(query.from as string));
  let { after } = start;
  let from_us = after?.[0] ?? start.part;
  let length_us = FIRST_SLICE_US;
  const events: AuditRecord[] = [];
  while (from_us < end_us) {
    const slice = { from_us, to_us: Math.min(from_us + length_us, end_us) };
    if (length_us > SHORTEST_SLICE_US && (await isWindowFuller(pool, slice, SLICE_ATTEMPTS))) {
      length_us = Math.max(SHORTEST_SLICE_US, Math.floor(length_us / 8));
      continue;
    }
    const wanted = query.limit - events.length;
    const page = cut(await readWindowAudit(pool, slice, after, wanted + 1), wanted, (last) => placeCursor(0, last));
    events.push(...page.events);
    if (page.next_cursor !== null) return { events, next_cursor: page.next_cursor };
    from_us = slice.to_us;
    after = null;
    length_us *= 4;
    if (events.length === query.limit) break;
  }
  return { events, next_cursor: from_us < end_us ? encodeCursor('audit_from', [from_us]) : null };
}

function microsOf(time: string): number {
  return Date.parse(time) * 1_000;
}
