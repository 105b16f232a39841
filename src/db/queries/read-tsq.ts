// Reading the troubleshooting queue: parked commands, and processes whose own code threw, last parked first.
// Walks the partial indexes command_parked and process_advance_failed, which hold nothing else.

import type { CommandPurpose } from '../../model/command.ts';
import type { Queryable } from '../pool.ts';
import { microsOf, timestampOf } from './read-snapshot.ts';

export interface ParkedRecord {
  /** The process where kind is `advance_failed`, else the command: what the list is ordered by, after time. */
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

export interface ParkedPage {
  batch_id?: string;
  domain?: string;
  type?: string;
  error_code?: string;
  injected?: boolean;
  /** Time and id of the last item of the page before. */
  before?: { parked_at_us: number; item_id: string };
  limit: number;
}

// Each half is cut to a page by its own index before the two are merged.
const LIST = `
select * from (
  (select c.command_id as item_id, 'command' as kind, c.command_id, c.domain, c.type, c.purpose, c.process_id, c.batch_id, c.step,
     c.attempts, c.max_attempts, c.error_code, c.error_message, c.error_group, c.park_reason as reason, c.fault, c.payload,
     c.parked_at, ${microsOf('c.parked_at')} as parked_at_us
   from faultline.command c
   where c.status = 'IN_TROUBLESHOOTING_QUEUE'
     and ($1::uuid is null or c.batch_id = $1) and ($2::text is null or c.domain = $2) and ($3::text is null or c.type = $3)
     and ($4::text is null or c.error_code = $4) and ($5::boolean is null or (c.fault is not null) = $5)
     and ($6::bigint is null or (c.parked_at, c.command_id) < (${timestampOf('$6')}, $7::uuid))
   order by c.parked_at desc, c.command_id desc limit $8)
  union all
  (select p.process_id, 'advance_failed', c.command_id, c.domain, c.type, c.purpose, p.process_id, p.batch_id, p.current_step,
     c.attempts, c.max_attempts, p.error_code, p.error_message, p.error_code, p.error_code, null, c.payload,
     p.updated_at, ${microsOf('p.updated_at')}
   from faultline.process p
     join faultline.command c on c.command_id = p.awaiting_command_id and c.lane = p.lane
       and c.status || '' <> 'IN_TROUBLESHOOTING_QUEUE'
   where p.status = 'WAITING_FOR_TSQ' and p.error_code = 'ADVANCE_FAILED'
     and ($1::uuid is null or p.batch_id = $1) and ($2::text is null or c.domain = $2) and ($3::text is null or c.type = $3)
     and ($4::text is null or p.error_code = $4) and $5::boolean is not true
     and ($6::bigint is null or (p.updated_at, p.process_id) < (${timestampOf('$6')}, $7::uuid))
   order by p.updated_at desc, p.process_id desc limit $8)
) item
order by parked_at desc, item_id desc limit $8`;

export async function listParked(db: Queryable, page: ParkedPage): Promise<ParkedRecord[]> {
  const { rows } = await db.query<ParkedRecord & Record<string, unknown>>(LIST, [
    page.batch_id ?? null,
    page.domain ?? null,
    page.type ?? null,
    page.error_code ?? null,
    page.injected ?? null,
    page.before?.parked_at_us ?? null,
    page.before?.item_id ?? null,
    page.limit,
  ]);
  return rows;
}

/** How many items wait for the same reason; a cause that is partly injected and partly real stands twice. */
export interface ParkedGroup {
  error_group: string;
  injected: boolean;
  count: number;
}

export async function groupParked(db: Queryable, limit: number): Promise<ParkedGroup[]> {
  const { rows } = await db.query<ParkedGroup & Record<string, unknown>>(
    `select coalesce(c.error_group, c.error_code, '') as error_group, c.fault is not null as injected, count(*)::int as count
     from faultline.command c
     where c.status = 'IN_TROUBLESHOOTING_QUEUE'
     group by 1, 2
     union all
     select p.error_code, false, count(*)::int
     from faultline.process p where p.status = 'WAITING_FOR_TSQ' and p.error_code = 'ADVANCE_FAILED'
     group by 1
     order by count desc, error_group limit $1`,
    [limit],
  );
  return rows;
}
