// Ends the leases of dead workers, which the supervisor names in FAULTLINE_REPLACES.

import type { Pool } from '../db/pool.ts';
import { expireWorkerLeases } from '../db/queries/claims.ts';
import type { Logger } from '../model/env.ts';

export async function endReplacedLeases(pool: Pool, logger: Logger): Promise<void> {
  for (const worker_id of (process.env.FAULTLINE_REPLACES ?? '').split(',').filter(Boolean)) {
    const count = await expireWorkerLeases(pool, worker_id);
    if (count > 0) logger.info({ worker_id, count }, `Ended ${count} leases of a dead worker`);
  }
}
