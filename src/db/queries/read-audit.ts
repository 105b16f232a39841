// Reading the audit: of a command, of a process, of a batch in blocks of processes, of a window of time, and of the system.
// Always in order (at, attempt, rank), from any place on; what no attempt belongs to stands after what one does.

import type { Queryable } from '../pool.ts';
import { microsOf, timestampOf } from './read-snapshot.ts';

export interface AuditRecord {
  at: Date;
  type: string;
  command_id: string | null;
  process_id: string | null;
  batch_id: string | null;
  step: string | null;
  attempt: number | null;
  fault: string | null;
  details: Record<string, unknown>;
  at_us: number;
  place: AuditPlace;
}

/** Where an event stands among others: microseconds, attempt (or the highest int), rank, an id, event_id. */
export type AuditPlace = [at_us: number, attempt: number, rank: number, tie: string, event_id: number];

const NO_ATTEMPT = 2_147_483_647;
const TIE = `coalesce(e.command_id, e.process_id, e.batch_id, '00000000-0000-0000-0000-000000000000')`;
const PLACE = `e.at, coalesce(e.attempt, ${NO_ATTEMPT}), e.rank, ${TIE}, e.event_id`;

/** $1 the limit, $2 to $6 the place to begin after; the source's own parameters from $7. */
const select = (source: string) => `
select e.at, e.type, e.command_id, e.process_id, e.batch_id, e.step, e.attempt, e.fault, e.details,
  ${microsOf('e.at')} as at_us, coalesce(e.attempt, ${NO_ATTEMPT}) as attempt_place, e.rank, ${TIE} as tie, e.event_id
from ${source} e
where ($2::bigint is null or (${PLACE}) > (${timestampOf('$2')}, $3::int, $4::int, $5::uuid, $6::bigint))
order by ${PLACE} limit $1`;

const COLUMNS = 'at, attempt, rank, type, command_id, process_id, batch_id, step, fault, details, event_id';

const OF_COMMAND = select(`(select ${COLUMNS} from faultline.audit where command_id = $7)`);
const OF_PROCESS = select(`(select ${COLUMNS} from faultline.process_audit where of_process_id = $7)`);
// A batch's own events stand in its first block.
const OF_BLOCK = select(`(
  select ${COLUMNS} from faultline.process_audit where of_batch_id = $7 and of_ordinal >= $8::int and of_ordinal < $9::int
  union all
  select ${COLUMNS} from faultline.recorded_event where batch_id = $7 and process_id is null and $10::boolean)`);
const OF_WINDOW = select(`(
  select ${COLUMNS} from faultline.attempt_event
  where ended_at >= ${timestampOf('$7')} and ended_at < ${timestampOf('$8')} and rank >= 30
    and purpose in ('step', 'compensation', 'lone')
  union all
  select ${COLUMNS} from faultline.recorded_event where at >= ${timestampOf('$7')} and at < ${timestampOf('$8')})`);
// What concerns a whole batch, or all of them. Of batch $9, if there is one, at any time; of the others and the system in the window.
const OF_SYSTEM = select(`(
  select ${COLUMNS} from faultline.recorded_event where command_id is null and process_id is null and (batch_id = $9::uuid
    or (at >= ${timestampOf('$7')} and at < ${timestampOf('$8')} and ($9::uuid is null or batch_id is null))))`);

interface AuditRow extends Omit<AuditRecord, 'place'> {
  attempt_place: number;
  rank: number;
  tie: string;
  event_id: number;
}

async function read(
  db: Queryable,
  text: string,
  after: AuditPlace | null,
  limit: number,
  values: unknown[],
): Promise<AuditRecord[]> {
  const place = after ?? [null, null, null, null, null];
  const { rows } = await db.query<AuditRow & Record<string, unknown>>(text, [limit, ...place, ...values]);
  return rows.map(({ attempt_place, rank, tie, event_id, ...event }) => ({
    ...event,
    place: [event.at_us, attempt_place, rank, tie, event_id],
  }));
}

export function readCommandAudit(db: Queryable, command_id: string, after: AuditPlace | null, limit: number) {
  return read(db, OF_COMMAND, after, limit, [command_id]);
}

export function readProcessAudit(db: Queryable, process_id: string, after: AuditPlace | null, limit: number) {
  return read(db, OF_PROCESS, after, limit, [process_id]);
}

/** The audit of a batch's processes with ordinals from `from_ordinal` to before `to_ordinal`, the batch's own events with it if asked. */
export function readBlockAudit(
  db: Queryable,
  block: { batch_id: string; from_ordinal: number; to_ordinal: number; with_own: boolean },
  after: AuditPlace | null,
  limit: number,
) {
  return read(db, OF_BLOCK, after, limit, [block.batch_id, block.from_ordinal, block.to_ordinal, block.with_own]);
}

/** What attempts came to and what was recorded in [from_us, to_us). */
export function readWindowAudit(
  db: Queryable,
  window: { from_us: number; to_us: number },
  after: AuditPlace | null,
  limit: number,
) {
  return read(db, OF_WINDOW, after, limit, [window.from_us, window.to_us]);
}

/** What was recorded in [from_us, to_us) that concerns no single command or process; with a batch, all of its own, and nothing of others. */
export function readSystemAudit(
  db: Queryable,
  { from_us, to_us, batch_id }: { from_us: number; to_us: number; batch_id: string | null },
  after: AuditPlace | null,
  limit: number,
) {
  return read(db, OF_SYSTEM, after, limit, [from_us, to_us, batch_id]);
}

/** True when more than `limit` attempts ended in [from_us, to_us); looks at no more than that. */
export async function isWindowFuller(
  db: Queryable,
  window: { from_us: number; to_us: number },
  limit: number,
): Promise<boolean> {
  const { rows } = await db.query<{ fuller: boolean }>(
    `select count(*) > $3::int as fuller
     from (select 1 from faultline.attempt a
           where a.ended_at >= ${timestampOf('$1')} and a.ended_at < ${timestampOf('$2')} limit $3::int + 1) found`,
    [window.from_us, window.to_us, limit],
  );
  return rows[0]?.fuller ?? false;
}
