// PostgreSQL killed outright (SIGKILL) and started again, several times in the middle of a batch, while the same worker lives on:
// it waits, comes back, and everything is done, each step settled once.

import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate } from '../../src/db/migrate.ts';
import { createPool, isConnectionError, type Pool } from '../../src/db/pool.ts';
import { type EmbeddedPostgres, startEmbedded } from '../../src/embedded/server.ts';
import { createEnv, silentLogger } from '../../src/model/env.ts';
import { chain, openLab } from '../process/lab.ts';
import { processesOf } from '../support/processes.ts';
import { until } from '../support/until.ts';
import { failedChecks, findViolations } from './story.ts';

const COUNT = 1500;
const SLOW = { deadline_ms: 60_000, every_ms: 50 };
let folder: string;
let server: EmbeddedPostgres;
let pool: Pool;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faultline-killed-'));
  await chmod(folder, 0o755);
  await start();
  pool = createPool(server.url, { application_name: 'test' });
  await migrate(pool);
}, 60_000);

// After the hooks of the lab, which still needs the server.
afterAll(async () => {
  await pool.end();
  await server.stop('immediate');
  await until('no process is left', () => processesOf(folder).length === 0);
  await rm(folder, { recursive: true, force: true });
});

async function start(): Promise<void> {
  server = await startEmbedded({ data_dir: join(folder, 'postgres'), fsync: false });
}

async function kill(): Promise<void> {
  server.process.kill('SIGKILL');
  await server.exited;
  await until('none of its processes is left', () => processesOf(folder).length === 0);
}

test('the worker lives on, and every process completes', { timeout: 120_000 }, async () => {
  const trip = chain(['book', 'pay', 'mail']);
  const database = { url: server.url, pool, drop: async () => {} };
  // Real timers: a worker that hurries ten times as fast would only try more often while the server is down.
  const lab = await openLab({ processes: [trip], database, env: { after: createEnv(silentLogger).after } });
  const worker = await lab.work({ slots: 20 });
  // An attempt whose claim got no answer is found when its lease has expired.
  const batch_id = await lab.launch(trip, {
    count: COUNT,
    behavior: { pay: { min_duration_ms: 5, max_duration_ms: 40 } },
    policy: { max_attempts: 3, backoff_ms: [0], lease_ms: 2000 },
  });

  const settled = () =>
    pool
      .query(`select count(*)::int as count from faultline.attempt where purpose = 'step'`)
      .then(({ rows }) => rows[0].count as number);
  for (const share of [0.1, 0.35, 0.6]) {
    await until(`${share * 100} % of the steps are settled`, async () => (await settled()) > share * 3 * COUNT, SLOW);
    await kill();
    await expect(settled()).rejects.toSatisfy(isConnectionError);
    await start();
  }
  await lab.untilBatch(batch_id, 'COMPLETED', SLOW);
  await worker.stop();

  expect(await findViolations(pool, batch_id)).toEqual([]);
  expect(await failedChecks(pool, batch_id, trip)).toEqual([]);
  expect(await lab.batch(batch_id)).toMatchObject({ total_count: COUNT, completed_count: COUNT });
  const { rows } = await pool.query(
    `select count(*) filter (where outcome = 'success')::int as successes,
       count(*) filter (where outcome not in ('success', 'lease_expired', 'released'))::int as others
     from faultline.attempt where batch_id = $1 and purpose = 'step'`,
    [batch_id],
  );
  expect(rows).toEqual([{ successes: 3 * COUNT, others: 0 }]);
  const { rows: events } = await pool.query(
    `select type, count(*)::int as count from faultline.event where batch_id = $1 and type like 'BATCH%' group by type order by type`,
    [batch_id],
  );
  expect(events).toEqual([
    { type: 'BATCH_COMPLETED', count: 1 },
    { type: 'BATCH_STARTED', count: 1 },
  ]);
});
