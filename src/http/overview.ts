// The figures of the dashboard: counts, rates, and items that wait for an operator. Computed once for all readers.

import type { Pool } from '../db/pool.ts';
import { countService } from '../db/queries/read-stats.ts';
import { groupParked } from '../db/queries/read-tsq.ts';
import type { Env } from '../model/env.ts';
import { createThrottled, type Throttled } from '../model/throttled.ts';
import type { Activity } from './activity.ts';
import type { Overview } from './contract.ts';

const GROUPS = 20;

export function createOverview(pool: Pool, env: Env, activity: Activity): Throttled<Overview> {
  return createThrottled(env, async () => {
    const [counts, tsq_groups, pace] = await Promise.all([
      countService(pool),
      groupParked(pool, GROUPS),
      activity.pace(),
    ]);
    return {
      batches: { open: counts.open_batches, total: counts.total_batches },
      processes: {
        // Batch rows count compensating processes as waiting, and may be a second older than the index.
        WAITING_FOR_REPLY: Math.max(0, counts.waiting - counts.compensating),
        WAITING_FOR_TSQ: counts.in_troubleshooting_processes,
        COMPENSATING: counts.compensating,
        COMPLETED: counts.completed,
        COMPENSATED: counts.compensated,
        FAILED: counts.failed,
        CANCELED: counts.canceled,
      },
      backlog: counts.backlog,
      in_progress: counts.in_progress,
      in_troubleshooting: counts.in_troubleshooting,
      tsq_groups,
      ...pace,
    };
  });
}
