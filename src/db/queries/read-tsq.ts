// Reading the troubleshooting queue: parked commands, and processes whose definition threw, last parked first.
// Reads the partial indexes command_parked and process_advance_failed.

import type { CommandPurpose } from '../../model/command.ts';
import type { Queryable } from '../pool.ts';
import { count, many } from '../rows.ts';
import { microsOf, timestampOf } from './read-snapshot.ts';

export interface ParkedRecord {
  /** The process if kind is `advance_failed`, else the command. The list is ordered by time and item_id. */
  item_id: string;
  kind: 'command' | 'advance_failed';
  command_id: string;
  domain: string;
  type: string;
  purpose: CommandPurpose;
  process_id: string | null;
  batch_id: string | null;
  step: string | null;
  attempts: number;
  max_attempts: number;
  error_code: string | null;
  error_message: string | null;
  error_group: string | null;
  reason: string | null;
  fault: string | null;
  payload: unknown;
  parked_at: Date;
  parked_at_us: number;
}

/** Given fields narrow the selection. */
export interface ParkedFilter {
  batch_id?: string;
  domain?: string;
  type?: string;
  error_code?: string;
  error_group?: string;
  process_id?: string;
  injected?: boolean;
}

/** The parameters $1 to $7 of the statements below. */
export function filterValues(filter: ParkedFilter): unknown[] {
  const { batch_id, domain, type, error_code, injected, error_group, process_id } = filter;
  return [batch_id, domain, type, error_code, injected, error_group, process_id].map((value) => value ?? null);
}

const COMMAND_GROUP = `coalesce(c.error_group, c.error_code, '')`;

/** The fault of a command `c` that succeeded, if it can be why the definition of its process threw on the reply. */
const CORRUPT_REPLY = `case when c.fault = 'corrupt_reply' then c.fault end`;

/** Parked commands `c`. */
export const PARKED_COMMANDS = `faultline.command c
   where c.status = 'IN_TROUBLESHOOTING_QUEUE'
     and ($1::uuid is null or c.batch_id = $1) and ($2::text is null or c.domain = $2) and ($3::text is null or c.type = $3)
     and ($4::text is null or c.error_code = $4) and ($5::boolean is null or (c.fault is not null) = $5)
     and ($6::text is null or ${COMMAND_GROUP} = $6) and ($7::uuid is null or c.process_id = $7)`;

/** Processes `p` whose definition threw on the reply of their command `c`. */
export const ADVANCE_FAILED_PROCESSES = `faultline.process p
     join faultline.command c on c.command_id = p.awaiting_command_id and c.lane = p.lane
       and c.status || '' <> 'IN_TROUBLESHOOTING_QUEUE'
   where p.status = 'WAITING_FOR_TSQ' and p.error_code = 'ADVANCE_FAILED'
     and ($1::uuid is null or p.batch_id = $1) and ($2::text is null or c.domain = $2) and ($3::text is null or c.type = $3)
     and ($4::text is null or p.error_code = $4) and ($5::boolean is null or (${CORRUPT_REPLY} is not null) = $5)
     and ($6::text is null or p.error_code = $6) and ($7::uuid is null or p.process_id = $7)`;

export interface ParkedPage extends ParkedFilter {
  /** The last item of the page before. */
  before?: { parked_at_us: number; item_id: string };
  limit: number;
}

// Each half is limited to a page by its own index before the merge.
const LIST = `
select * from (
  (select c.command_id as item_id, 'command' as kind, c.command_id, c.domain, c.type, c.purpose, c.process_id, c.batch_id, c.step,
     c.attempts, c.max_attempts, c.error_code, c.error_message, c.error_group, c.park_reason as reason, c.fault, c.payload,
     c.parked_at, ${microsOf('c.parked_at')} as parked_at_us
   from ${PARKED_COMMANDS}
     and ($8::bigint is null or (c.parked_at, c.command_id) < (${timestampOf('$8')}, $9::uuid))
   order by c.parked_at desc, c.command_id desc limit $10)
  union all
  (select p.process_id, 'advance_failed', c.command_id, c.domain, c.type, c.purpose, p.process_id, p.batch_id, p.current_step,
     c.attempts, c.max_attempts, p.error_code, p.error_message, p.error_code, p.error_code, ${CORRUPT_REPLY}, c.payload,
     p.parked_at, ${microsOf('p.parked_at')}
   from ${ADVANCE_FAILED_PROCESSES}
     and ($8::bigint is null or (p.parked_at, p.process_id) < (${timestampOf('$8')}, $9::uuid))
   order by p.parked_at desc, p.process_id desc limit $10)
) item
order by parked_at desc, item_id desc limit $10`;

export function listParked(db: Queryable, page: ParkedPage) {
  return many<ParkedRecord>(db, LIST, [
    ...filterValues(page),
    page.before?.parked_at_us ?? null,
    page.before?.item_id ?? null,
    page.limit,
  ]);
}

export function countParked(db: Queryable, filter: ParkedFilter) {
  return count(
    db,
    `select (select count(*) from ${PARKED_COMMANDS}) + (select count(*) from ${ADVANCE_FAILED_PROCESSES}) as count`,
    filterValues(filter),
  );
}

/** Items with the same reason in the same place, and one of them as a sample. */
export interface ParkedCause {
  error_group: string;
  error_code: string | null;
  injected: boolean;
  domain: string;
  type: string;
  count: number;
  oldest_at: Date;
  newest_at: Date;
  sample_command_id: string;
  sample_message: string | null;
}

const CAUSES = `
with cause as (
  select ${COMMAND_GROUP} as error_group, c.error_code, c.fault is not null as injected, c.domain, c.type, count(*)::int as count,
    min(c.parked_at) as oldest_at, max(c.parked_at) as newest_at, (array_agg(c.command_id))[1] as sample_command_id,
    null as process_message
  from ${PARKED_COMMANDS} group by 1, 2, 3, 4, 5
  union all
  select p.error_code, p.error_code, ${CORRUPT_REPLY} is not null, c.domain, c.type, count(*)::int, min(p.parked_at), max(p.parked_at),
    (array_agg(c.command_id))[1], min(p.error_message)
  from ${ADVANCE_FAILED_PROCESSES} group by 1, 2, 3, 4, 5
),
largest as (select * from cause order by count desc, error_group, domain, type, injected limit $8)
select l.error_group, l.error_code, l.injected, l.domain, l.type, l.count, l.oldest_at, l.newest_at, l.sample_command_id,
  coalesce(l.process_message, c.error_message) as sample_message
from largest l left join faultline.command c on c.command_id = l.sample_command_id
order by l.count desc, l.error_group, l.domain, l.type, l.injected`;

/** Largest first. Reads all matching items, so callers throttle it. */
export function listCauses(db: Queryable, filter: ParkedFilter, limit: number) {
  return many<ParkedCause>(db, CAUSES, [...filterValues(filter), limit]);
}

/** The number of items with the same reason. Injected and real ones are separate groups. */
export interface ParkedGroup {
  error_group: string;
  injected: boolean;
  count: number;
}

export function groupParked(db: Queryable, limit: number) {
  return many<ParkedGroup>(
    db,
    `select ${COMMAND_GROUP} as error_group, c.fault is not null as injected, count(*)::int as count
     from faultline.command c
     where c.status = 'IN_TROUBLESHOOTING_QUEUE'
     group by 1, 2
     union all
     select p.error_code, ${CORRUPT_REPLY} is not null, count(*)::int
     from faultline.process p left join faultline.command c on c.command_id = p.awaiting_command_id and c.lane = p.lane
     where p.status = 'WAITING_FOR_TSQ' and p.error_code = 'ADVANCE_FAILED'
     group by 1, 2
     order by count desc, error_group limit $1`,
    [limit],
  );
}
