// lab.ts: the same payouts under chaos.

import { createEnv, createPool, launchBatch, migrate, openService, silentLogger } from 'faultline';
import { chaosHooks } from 'faultline/chaos';
import { application, payout } from './payouts.ts';

export async function runLab(url: string) {
  const pool = createPool(url, { application_name: 'payouts' });
  await migrate(pool);
  await pool.end();

  const env = createEnv(silentLogger);
  const service = await openService({ url, env, application, data_dir: 'data', hooks: chaosHooks });
  const worker = service.createWorker();
  await worker.start();

  const batch = await launchBatch(service.bus, {
    definition: payout,
    count: 500,
    input: { amount_cents: 1_250 },
    seed: 'friday',
    policy: { max_attempts: 5, backoff_ms: [50], lease_ms: 1_000 },
    behavior: { reserve: { timeout_pct: 2 }, transfer: { fail_transient_pct: 30, fail_business_rule_pct: 5 } },
  });
  return { service, worker, batch };
}
