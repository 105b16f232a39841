// Statements on `worker`: registration and heartbeats.

import type { Queryable } from '../pool.ts';

export interface NewWorker {
  worker_id: string;
  name: string;
  pid: number;
  domains: readonly string[];
  slots: number;
}

/** Registers a worker, possibly again. Deletes workers without a heartbeat for a day. */
export async function insertWorker(db: Queryable, worker: NewWorker): Promise<void> {
  await db.query(
    `with deleted as (delete from faultline.worker where heartbeat_at < now() - interval '1 day')
     insert into faultline.worker (worker_id, name, pid, domains, slots, status) values ($1, $2, $3, $4, $5, 'RUNNING')
     on conflict (worker_id) do update set pid = excluded.pid, status = 'RUNNING', started_at = now(), heartbeat_at = now()`,
    [worker.worker_id, worker.name, worker.pid, worker.domains, worker.slots],
  );
}

export interface WorkerBeat {
  worker_id: string;
  status: 'RUNNING' | 'DRAINING' | 'STOPPED';
  slots: number;
  in_flight: number;
  hanging: number;
  settled_count: number;
  health: 'HEALTHY' | 'DEGRADED' | 'CRITICAL';
  health_reason: string | null;
  settled_per_second: number;
  by_domain: Record<string, { slots: number; in_flight: number }>;
  rss_bytes: number;
  loop_delay_ms: number;
}

export async function beatWorker(db: Queryable, beat: WorkerBeat): Promise<void> {
  await db.query(
    `update faultline.worker
     set heartbeat_at = now(), status = $2, in_flight = $3, hanging = $4, settled_count = $5, slots = $6, health = $7, health_reason = $8,
       settled_per_second = $9, by_domain = $10, rss_bytes = $11, loop_delay_ms = $12
     where worker_id = $1`,
    [
      beat.worker_id,
      beat.status,
      beat.in_flight,
      beat.hanging,
      beat.settled_count,
      beat.slots,
      beat.health,
      beat.health_reason,
      beat.settled_per_second,
      beat.by_domain,
      beat.rss_bytes,
      beat.loop_delay_ms,
    ],
  );
}
