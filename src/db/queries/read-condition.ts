// The condition of the service, for `faultline doctor`. Reads each figure from an index or a small table.

import type { Queryable } from '../pool.ts';
import { only } from '../rows.ts';
import { ENDED_BATCH } from '../statuses.ts';

export interface Condition {
  paused_domains: string[];
  dead_workers: string[];
  /** Parked commands, and processes whose definition threw; up to 10,001 of each are counted. */
  parked_count: number;
  oldest_parked_at: Date | null;
  /** The command that has been ready longest in a domain that is not paused. */
  oldest_ready: { domain: string; ready_s: number } | null;
  /** Transactions open for more than five minutes: they keep vacuum from removing rows deleted since. */
  long_transactions: { pid: number; application_name: string; open_s: number }[];
  /** Tables with more dead rows than live ones. */
  bloated_tables: { name: string; dead: number; live: number }[];
  /** The beginning or end of the last prune. */
  pruned_at: Date | null;
  /** Batches that ended more than a day before the retention limit. */
  overdue_batches: number;
}

/** From the index process_advance_failed. */
const ADVANCE_FAILED = `p.status = 'WAITING_FOR_TSQ' and p.error_code = 'ADVANCE_FAILED'`;

export function readCondition(db: Queryable, prune_after_days: number | null) {
  return only<Condition>(
    db,
    `select
       array(select d.domain from faultline.domain d where d.paused_at is not null order by d.domain) as paused_domains,
       array(select w.name from faultline.worker w
         where w.status <> 'STOPPED' and w.heartbeat_at between now() - interval '1 hour' and now() - interval '15 seconds'
         order by w.name) as dead_workers,
       (select count(*)::int from (select 1 from faultline.command c where c.status = 'IN_TROUBLESHOOTING_QUEUE' limit 10001) p)
         + (select count(*)::int from (select 1 from faultline.process p where ${ADVANCE_FAILED} limit 10001) p) as parked_count,
       least((select min(c.parked_at) from faultline.command c where c.status = 'IN_TROUBLESHOOTING_QUEUE'),
         (select min(p.parked_at) from faultline.process p where ${ADVANCE_FAILED})) as oldest_parked_at,
       (select jsonb_build_object('domain', c.domain, 'ready_s', extract(epoch from now() - min(c.available_at))::int)
        from faultline.command c
        where c.status = 'PENDING' and c.available_at <= now()
          and c.domain not in (select d.domain from faultline.domain d where d.paused_at is not null)
        group by c.domain order by min(c.available_at) limit 1) as oldest_ready,
       coalesce((select jsonb_agg(jsonb_build_object('pid', a.pid, 'application_name', a.application_name,
           'open_s', extract(epoch from now() - a.xact_start)::int) order by a.xact_start)
         from pg_stat_activity a
         where a.datname = current_database() and a.backend_type = 'client backend'
           and a.xact_start < now() - interval '5 minutes'), '[]') as long_transactions,
       coalesce((select jsonb_agg(jsonb_build_object('name', s.schemaname || '.' || s.relname, 'dead', s.n_dead_tup,
           'live', s.n_live_tup) order by s.n_dead_tup desc)
         from pg_stat_user_tables s
         where s.schemaname in ('faultline', 'e2e') and s.n_dead_tup > greatest(10000, s.n_live_tup)), '[]') as bloated_tables,
       (select s.updated_at from faultline.setting s where s.key = 'last_prune') as pruned_at,
       (select count(*)::int from faultline.batch b
        where b.status in ${ENDED_BATCH}
          and b.completed_at < now() - make_interval(days => $1::int + 1)) as overdue_batches`,
    [prune_after_days],
  );
}
