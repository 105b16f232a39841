// Reading workers: live ones, and those that stopped or died within the last hour.

import type { Queryable } from '../pool.ts';
import { many } from '../rows.ts';

export interface WorkerRecord {
  worker_id: string;
  name: string;
  pid: number;
  domains: string[];
  slots: number;
  in_flight: number;
  hanging: number;
  by_domain: Record<string, { slots: number; in_flight: number }>;
  settled_count: number;
  settled_per_second: number;
  health: 'HEALTHY' | 'DEGRADED' | 'CRITICAL';
  health_reason: string | null;
  rss_bytes: number | null;
  loop_delay_ms: number | null;
  status: 'RUNNING' | 'DRAINING' | 'STOPPED' | 'DEAD';
  started_at: Date;
  heartbeat_at: Date;
}

/** DEAD: not stopped, and without a heartbeat for 15 s. */
export function listWorkers(db: Queryable) {
  return many<WorkerRecord>(
    db,
    `select w.worker_id, w.name, w.pid, w.domains, w.slots, w.in_flight, w.hanging, w.settled_count, w.started_at, w.heartbeat_at,
       w.by_domain, w.settled_per_second, w.health, w.health_reason, w.rss_bytes, w.loop_delay_ms,
       case when w.status <> 'STOPPED' and w.heartbeat_at < now() - interval '15 seconds' then 'DEAD' else w.status end as status
     from faultline.worker w
     where w.heartbeat_at > now() - interval '1 hour'
     order by w.started_at desc, w.worker_id limit 500`,
  );
}
