// Pages of the audit. A batch is read in blocks of processes or commands, and a window in slices of time,
// so that a page costs about the same however much there is before and behind it.

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
  if (batch_id !== undefined) return readBatchPage(pool, batch_id, query);
  if (query.level === 'system') return readSystemPage(pool, query, null);
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
  const batch = await findAuditedBatch(pool, batch_id);
  if (batch === null) return { events: [], next_cursor: null };
  if (query.level === 'system') return readSystemPage(pool, query, batch);
  return batch.kind === 'command' ? readMembersPage(pool, batch_id, query) : readProcessesPage(pool, batch, query);
}

async function readProcessesPage(
  pool: Pool,
  { batch_id, total_count, first_ordinal }: AuditedBatch,
  query: AuditQuery,
): Promise<AuditPage> {
  const blocks = Math.ceil(total_count / BLOCK_SIZE);
  let { part: block, after } = startOf(query, 0);
  const events: AuditRecord[] = [];
  for (let looks = 0; block < blocks && looks < BLOCKS_A_PAGE; looks++) {
    const wanted = query.limit - events.length;
    const from_ordinal = first_ordinal + block * BLOCK_SIZE;
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

/** Of a command batch, which may grow while it is read: a block is what lies between two commands, however many there are by then. */
async function readMembersPage(pool: Pool, batch_id: string, query: AuditQuery): Promise<AuditPage> {
  const cursor = query.cursor === undefined ? null : decodeCursor(['audit_members'], query.cursor).value;
  let after_id = cursor?.[0] ?? null;
  let upto_id = cursor?.[1] ?? null;
  let after = cursor?.[2] ?? null;
  const events: AuditRecord[] = [];
  while (events.length < query.limit) {
    const command_ids = await listMemberIds(pool, batch_id, { after_id, upto_id, limit: BLOCK_SIZE });
    const last_id = command_ids.at(-1) ?? null;
    const wanted = query.limit - events.length;
    const members = { batch_id, command_ids, with_own: after_id === null };
    const page = cut(await readMembersAudit(pool, members, after, wanted + 1), wanted, (last) =>
      encodeCursor('audit_members', [after_id, upto_id ?? last_id, last.place]),
    );
    events.push(...page.events);
    if (page.next_cursor !== null) return { events, next_cursor: page.next_cursor };
    if (upto_id === null && command_ids.length < BLOCK_SIZE) return { events, next_cursor: null };
    after_id = upto_id ?? last_id;
    upto_id = null;
    after = null;
  }
  return { events, next_cursor: encodeCursor('audit_members', [after_id, null, null]) };
}

async function readSystemPage(
  pool: Pool,
  { order = 'asc', limit, ...query }: AuditQuery,
  batch: AuditedBatch | null,
): Promise<AuditPage> {
  const window = batch ?? {
    from_us: microsOf(query.from as string),
    to_us: microsOf(query.to ?? new Date().toISOString()),
    batch_id: null,
  };
  const after = query.cursor === undefined ? null : decodeCursor(['audit_system'], query.cursor).value;
  return cut(await readSystemAudit(pool, { ...window, order }, after, limit + 1), limit, (last) =>
    encodeCursor('audit_system', last.place),
  );
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
