// Figures of the whole service. Counts come from batch rows and partial indexes, rates from recent attempts, so the
// cost does not grow with ended work.

import type { Queryable } from '../pool.ts';
import { many, only } from '../rows.ts';
import { ENDED_BATCH } from '../statuses.ts';

export interface ServiceCounts {
  open_batches: number;
  total_batches: number;
  waiting: number;
  compensating: number;
  in_troubleshooting_processes: number;
  completed: number;
  compensated: number;
  failed: number;
  canceled: number;
  backlog: number;
  in_progress: number;
  in_troubleshooting: number;
}

/** Counts processes from batch rows; compensating ones, which batches count as waiting, from the index of processes. */
export function countService(db: Queryable) {
  return only<ServiceCounts>(
    db,
    `select b.*,
       (select count(*)::int from faultline.batch o
          join faultline.process p on p.batch_id = o.batch_id and p.status = 'COMPENSATING'
        where o.status not in ${ENDED_BATCH}) as compensating,
       (select count(*)::int from faultline.command c where c.status = 'PENDING' and c.domain <> 'faultline') as backlog,
       (select count(*)::int from faultline.command c where c.status = 'IN_PROGRESS') as in_progress,
       (select count(*)::int from faultline.command c where c.status = 'IN_TROUBLESHOOTING_QUEUE')
         + (select count(*)::int from faultline.process p where p.status = 'WAITING_FOR_TSQ' and p.error_code = 'ADVANCE_FAILED')
         as in_troubleshooting
     from (select count(*) filter (where status not in ${ENDED_BATCH})::int as open_batches,
             count(*)::int as total_batches, coalesce(sum(waiting_count), 0)::int as waiting,
             coalesce(sum(in_troubleshooting_count), 0)::int as in_troubleshooting_processes,
             coalesce(sum(completed_count), 0)::int as completed, coalesce(sum(compensated_count), 0)::int as compensated,
             coalesce(sum(failed_count), 0)::int as failed, coalesce(sum(canceled_count), 0)::int as canceled
           from faultline.batch where kind = 'process') b`,
  );
}

/** Attempts that ended in one second with a similar duration: `bucket` is round(12 ln(ms)), so a bucket spans 8.7 %. */
export interface SecondTally {
  /** Seconds since 1970, on the database's clock. */
  second: number;
  bucket: number;
  success: number;
  failed: number;
  injected: number;
  count: number;
}

/** Attempts that ended in [from_s, to_s), by second, without internal commands. */
export function tallySeconds(db: Queryable, from_s: number, to_s: number) {
  return many<SecondTally>(
    db,
    `select floor(extract(epoch from a.ended_at))::bigint as second,
       round(12 * ln(greatest(extract(epoch from a.ended_at - a.started_at)::float8 * 1000, 0.01)))::int as bucket,
       count(*)::int as count, count(*) filter (where a.outcome = 'success')::int as success,
       count(*) filter (where a.outcome not in ('success', 'released') and a.fault is null)::int as failed,
       count(*) filter (where a.outcome <> 'success' and a.fault is not null)::int as injected
     from faultline.attempt a
     where a.ended_at >= to_timestamp($1::float8) and a.ended_at < to_timestamp($2::float8)
       and a.purpose in ('step', 'compensation', 'standalone')
     group by 1, 2`,
    [from_s, to_s],
  );
}

/** The database's clock, in seconds since 1970. */
export async function readNow(db: Queryable): Promise<number> {
  return (await only<{ now_s: number }>(db, 'select extract(epoch from now())::float8 as now_s')).now_s;
}
