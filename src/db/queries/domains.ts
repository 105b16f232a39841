// Statements on `domain`: pause, resume and cap, each guarded, and the figures of every domain.

import type { Queryable } from '../pool.ts';
import { many, one } from '../rows.ts';

export interface DomainRow {
  domain: string;
  paused_at: Date | null;
  paused_by: string | null;
  pause_reason: string | null;
  max_in_flight: number | null;
}

const COLUMNS = 'domain, paused_at, paused_by, pause_reason, max_in_flight';

/** A domain with a worker, a batch, pending commands or a stored setting; a mistyped name is unknown. */
const KNOWN = `(exists (select 1 from faultline.domain d where d.domain = $1)
  or exists (select 1 from faultline.worker w where $1 = any(w.domains))
  or exists (select 1 from faultline.batch b where b.domain = $1)
  or exists (select 1 from faultline.command c where c.domain = $1 and c.status = 'PENDING'))`;

/** Null if the domain is paused already, or unknown. */
export function pauseDomainIfRunning(db: Queryable, domain: string, by: { actor: string; reason?: string }) {
  return one<DomainRow>(
    db,
    `insert into faultline.domain as d (domain, paused_at, paused_by, pause_reason)
     select $1, now(), $2, $3 where ${KNOWN}
     on conflict (domain) do update
       set paused_at = now(), paused_by = excluded.paused_by, pause_reason = excluded.pause_reason, updated_at = now()
       where d.paused_at is null
     returning ${COLUMNS}`,
    [domain, by.actor, by.reason ?? null],
  );
}

/** Null if the domain is not paused. */
export function resumeDomainIfPaused(db: Queryable, domain: string) {
  return one<DomainRow>(
    db,
    `update faultline.domain set paused_at = null, paused_by = null, pause_reason = null, updated_at = now()
     where domain = $1 and paused_at is not null
     returning ${COLUMNS}`,
    [domain],
  );
}

/** Null if the domain is unknown. */
export function capDomainIfKnown(db: Queryable, domain: string, max_in_flight: number | null) {
  return one<DomainRow>(
    db,
    `insert into faultline.domain (domain, max_in_flight) select $1, $2 where ${KNOWN}
     on conflict (domain) do update set max_in_flight = excluded.max_in_flight, updated_at = now()
     returning ${COLUMNS}`,
    [domain, max_in_flight],
  );
}

/** The settings of a domain; null if it is unknown. */
export function readDomain(db: Queryable, domain: string) {
  return one<DomainRow>(
    db,
    `select $1::text as domain, d.paused_at, d.paused_by, d.pause_reason, d.max_in_flight
     from (select 1) as one left join faultline.domain d on d.domain = $1 where ${KNOWN}`,
    [domain],
  );
}

/** Locks claiming in a capped domain until the end of the transaction, which makes counting and claiming atomic. */
export async function lockDomainCap(db: Queryable, domain: string): Promise<void> {
  await db.query({
    name: 'lock_domain_cap',
    text: `select pg_advisory_xact_lock(hashtextextended('faultline cap ' || $1::text, 0))`,
    values: [domain],
  });
}

export interface QueueRecord extends DomainRow {
  /** Due and not claimed. */
  ready: number;
  delayed: number;
  in_progress: number;
  in_troubleshooting: number;
  oldest_ready_age_ms: number | null;
  /** Live workers of the domain, and their slots. */
  workers: number;
  slots: number;
}

/**
 * All domains with work, workers or stored settings, except `hidden`. Each count reads a partial index of open commands
 * only.
 */
export function listQueues(db: Queryable, hidden: string) {
  return many<QueueRecord>(
    db,
    `with pending as materialized (
       select c.domain, count(*) filter (where c.available_at <= now()) as ready, count(*) filter (where c.available_at > now()) as delayed,
         min(c.available_at) as oldest
       from faultline.command c where c.status = 'PENDING' group by c.domain
     ),
     leased as materialized (
       select c.domain, count(*) as in_progress from faultline.command c where c.status = 'IN_PROGRESS' group by c.domain
     ),
     parked as materialized (
       select c.domain, count(*) as in_troubleshooting
       from faultline.command c where c.status = 'IN_TROUBLESHOOTING_QUEUE' group by c.domain
     ),
     working as materialized (
       select i.domain, count(*) as workers, sum(coalesce((w.by_domain -> i.domain ->> 'slots')::int, 0)) as slots
       from faultline.worker w cross join unnest(w.domains) as i(domain)
       where w.status <> 'STOPPED' and w.heartbeat_at > now() - interval '15 seconds' group by i.domain
     ),
     known as (
       select domain from pending union select domain from leased union select domain from parked
       union select domain from working union select domain from faultline.domain
     )
     select k.domain, coalesce(p.ready, 0) as ready, coalesce(p.delayed, 0) as delayed, coalesce(l.in_progress, 0) as in_progress,
       coalesce(t.in_troubleshooting, 0) as in_troubleshooting,
       case when p.oldest <= now() then extract(epoch from now() - p.oldest)::float8 * 1000 end as oldest_ready_age_ms,
       coalesce(w.workers, 0) as workers, coalesce(w.slots, 0)::int as slots,
       d.paused_at, d.paused_by, d.pause_reason, d.max_in_flight
     from known k left join pending p using (domain) left join leased l using (domain) left join parked t using (domain)
       left join working w using (domain) left join faultline.domain d using (domain)
     where k.domain <> $1
     order by k.domain limit 1000`,
    [hidden],
  );
}
