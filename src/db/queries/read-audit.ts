// Reading the audit: of a command, a process, a batch in blocks, a time window, and the system.
// Always in order (at, attempt, rank), from any position; events without an attempt come after those with one.

import { COMMAND_STATUSES } from '../../model/command.ts';
import type { Queryable } from '../pool.ts';
import { ids, many, one } from '../rows.ts';
import type { Batch } from './batches.ts';
import { microsOf, timestampOf } from './read-snapshot.ts';

export type BatchKind = Batch['kind'];

export interface AuditRecord {
  at: Date;
  type: string;
  command_id: string | null;
  process_id: string | null;
  batch_id: string | null;
  batch_kind: BatchKind | null;
  step: string | null;
  attempt: number | null;
  fault: string | null;
  details: Record<string, unknown>;
  at_us: number;
  place: AuditPlace;
}

/** The position of an event: microseconds, attempt (or the maximum int), rank, an id, event_id. */
export type AuditPlace = [at_us: number, attempt: number, rank: number, tie: string, event_id: number];

const NO_ATTEMPT = 2_147_483_647;
const TIE = `coalesce(e.command_id, e.process_id, e.batch_id, '00000000-0000-0000-0000-000000000000')`;
const PLACE = ['e.at', `coalesce(e.attempt, ${NO_ATTEMPT})`, 'e.rank', TIE, 'e.event_id'];
const COLUMNS = 'at, attempt, rank, type, command_id, process_id, batch_id, step, fault, details, event_id';

export interface AuditPage {
  after: AuditPlace | null;
  limit: number;
  order?: 'asc' | 'desc';
}

/** A page of the events that `source` selects; its parameters begin at $7. */
async function read(db: Queryable, { after, limit, order = 'asc' }: AuditPage, source: string, values: unknown[]) {
  type Row = Omit<AuditRecord, 'place'> & { attempt_place: number; rank: number; tie: string; event_id: number };
  const rows = await many<Row>(
    db,
    `select e.at, e.type, e.command_id, e.process_id, e.batch_id,
       (select b.kind from faultline.batch b where b.batch_id = e.batch_id) as batch_kind, e.step, e.attempt, e.fault, e.details,
       ${microsOf('e.at')} as at_us, coalesce(e.attempt, ${NO_ATTEMPT}) as attempt_place, e.rank, ${TIE} as tie, e.event_id
     from (${source}) e
     where ($2::bigint is null
       or (${PLACE.join()}) ${order === 'asc' ? '>' : '<'} (${timestampOf('$2')}, $3::int, $4::int, $5::uuid, $6::bigint))
     order by ${PLACE.map((part) => `${part} ${order}`).join()} limit $1`,
    [limit, ...(after ?? [null, null, null, null, null]), ...values],
  );
  return rows.map(
    ({ attempt_place, rank, tie, event_id, ...event }): AuditRecord => ({
      ...event,
      place: [event.at_us, attempt_place, rank, tie, event_id],
    }),
  );
}

export function readCommandAudit(db: Queryable, command_id: string, page: AuditPage) {
  return read(db, page, `select ${COLUMNS} from faultline.audit where command_id = $7`, [command_id]);
}

export function readProcessAudit(db: Queryable, process_id: string, page: AuditPage) {
  return read(db, page, `select ${COLUMNS} from faultline.process_audit where of_process_id = $7`, [process_id]);
}

/**
 * The audit of the processes of a batch in [from_ordinal, to_ordinal), with the events of the batch itself if
 * `with_own`.
 */
export function readBlockAudit(
  db: Queryable,
  block: { batch_id: string; from_ordinal: number; to_ordinal: number; with_own: boolean },
  page: AuditPage,
) {
  return read(
    db,
    page,
    `select ${COLUMNS} from faultline.process_audit where of_batch_id = $7 and of_ordinal >= $8::int and of_ordinal < $9::int
     union all
     select ${COLUMNS} from faultline.recorded_event where batch_id = $7 and process_id is null and $10::boolean`,
    [block.batch_id, block.from_ordinal, block.to_ordinal, block.with_own],
  );
}

/** The audit of commands of a command batch, with the events of the batch itself if `with_own`. */
export function readMembersAudit(
  db: Queryable,
  members: { batch_id: string; command_ids: readonly string[]; with_own: boolean },
  page: AuditPage,
) {
  return read(
    db,
    page,
    `select ${COLUMNS} from faultline.audit where command_id = any($7::uuid[])
     union all
     select ${COLUMNS} from faultline.recorded_event where batch_id = $8 and command_id is null and process_id is null and $9::boolean`,
    [members.command_ids, members.batch_id, members.with_own],
  );
}

/** The outcomes of attempts and the recorded events in [from_us, to_us). */
export function readWindowAudit(db: Queryable, window: { from_us: number; to_us: number }, page: AuditPage) {
  return read(
    db,
    page,
    `select ${COLUMNS} from faultline.attempt_event
     where ended_at >= ${timestampOf('$7')} and ended_at < ${timestampOf('$8')} and rank >= 30
       and purpose in ('step', 'compensation', 'standalone')
     union all
     select ${COLUMNS} from faultline.recorded_event where at >= ${timestampOf('$7')} and at < ${timestampOf('$8')}`,
    [window.from_us, window.to_us],
  );
}

/**
 * The events in [from_us, to_us) of batches and of the system. With a batch: all of its own events, and those in the
 * window that affect every batch. Turbulence affects all batches, whichever asked for it; an outage counts from its
 * beginning and is recorded at its end.
 */
export function readSystemAudit(
  db: Queryable,
  window: { from_us: number; to_us: number; batch_id: string | null },
  page: AuditPage,
) {
  return read(
    db,
    page,
    `select ${COLUMNS} from faultline.recorded_event where command_id is null and process_id is null and (batch_id = $9::uuid
       or (at >= ${timestampOf('$7')} and (at < ${timestampOf('$8')} or ($9::uuid is not null and type = 'DATABASE_AWAY'
           and at - (details ->> 'away_ms')::bigint * interval '1 ms' < ${timestampOf('$8')}))
         and ($9::uuid is null or batch_id is null or type = 'TURBULENCE')))`,
    [window.from_us, window.to_us, window.batch_id],
  );
}

export interface AuditedBatch extends Pick<Batch, 'batch_id' | 'kind' | 'total_count' | 'first_ordinal'> {
  /** In microseconds; the end is that of the batch, or now. */
  from_us: number;
  to_us: number;
}

/** A batch of either kind. */
export function findAuditedBatch(db: Queryable, batch_id: string) {
  return one<AuditedBatch>(
    db,
    `select b.batch_id, b.kind, b.total_count, b.first_ordinal, ${microsOf('b.created_at')} as from_us,
       ${microsOf('coalesce(b.completed_at, now())')} + 1 as to_us
     from faultline.batch b where b.batch_id = $1 and b.pruning_at is null`,
    [batch_id],
  );
}

/** The commands of a command batch in order of id: the next `limit` after one, or all of them up to another. */
export function listMemberIds(
  db: Queryable,
  batch_id: string,
  { after_id, upto_id, limit }: { after_id: string | null; upto_id: string | null; limit: number },
) {
  return ids(
    db,
    `select m.command_id from unnest($1::text[]) as s(status)
       cross join lateral (
         select c.command_id from faultline.command c
         where c.batch_id = $2 and c.purpose = 'standalone' and c.status = s.status
           and ($3::uuid is null or c.command_id > $3) and ($4::uuid is null or c.command_id <= $4)
         order by c.command_id limit $5) m
     order by m.command_id limit $5`,
    [COMMAND_STATUSES, batch_id, after_id, upto_id, upto_id === null ? limit : null],
  );
}

/** True if more than `limit` attempts ended in [from_us, to_us). Reads no more than that. */
export async function isWindowFuller(
  db: Queryable,
  window: { from_us: number; to_us: number },
  limit: number,
): Promise<boolean> {
  const found = await one<{ fuller: boolean }>(
    db,
    `select count(*) > $3::int as fuller
     from (select 1 from faultline.attempt a
           where a.ended_at >= ${timestampOf('$1')} and a.ended_at < ${timestampOf('$2')} limit $3::int + 1) found`,
    [window.from_us, window.to_us, limit],
  );
  return found?.fuller ?? false;
}
