// Times an exact preview and a full verdict of a chain with 5 % of each fault, and the delay of the event loop meanwhile.
// Usage: node bench/verdict.mjs [--count 100000] (after npm run build). The analysis runs in its thread, as under `faultline serve`.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chaosHooks } from '../dist/src/chaos/index.js';
import { startEmbedded } from '../dist/src/embedded/server.js';
import { createEnv, createPool, launchBatch, migrate, openService, silentLogger } from '../dist/src/index.js';
import { AnalysisThread } from '../dist/src/verification/index.js';
import { application, behaviorOf, chain } from './chain-app.mjs';

const { values: options } = parseArgs({ options: { count: { type: 'string', default: '100000' } } });
const count = Number(options.count);
const behavior = behaviorOf(5);

async function time(work) {
  const began = performance.now();
  const value = await work();
  return { value, s: (performance.now() - began) / 1000 };
}

const folder = mkdtempSync(join(tmpdir(), 'faultline-verdict-'));
const postgres = await startEmbedded({ data_dir: join(folder, 'pg') });
try {
  const pool = createPool(postgres.url, { application_name: 'bench' });
  await migrate(pool);
  const env = createEnv(silentLogger);
  const service = await openService({ url: postgres.url, env, application, data_dir: folder, hooks: chaosHooks });
  const worker = service.createWorker({ slots: 250 });
  await worker.start();
  const policy = { max_attempts: 3, backoff_ms: [0], lease_ms: 5_000 };
  const { batch_id } = await launchBatch(service.bus, {
    definition: chain,
    count,
    input: {},
    behavior,
    seed: 'bench',
    policy,
  });
  const ran = await time(async () => {
    for (;;) {
      const { rows } = await pool.query(
        `select 1 from faultline.batch where batch_id = $1 and status in ('AT_REST', 'COMPLETED', 'COMPLETED_WITH_FAILURES')`,
        [batch_id],
      );
      if (rows.length > 0) return;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  });
  await worker.stop();
  const app = fileURLToPath(new URL('./chain-app.mjs', import.meta.url));
  const analysis = new AnalysisThread(new URL('../dist/src/cli/analysis-thread.js', import.meta.url), {
    url: postgres.url,
    app,
    data_dir: folder,
  });
  const launch = { seed: 'bench', count, first_ordinal: 0, behavior, scope_pct: null, max_attempts: 3 };
  const request = { process_type: 'Chain', process_version: 1, input: {}, launch };
  await analysis.predict({ ...request, launch: { ...launch, count: 10 } });
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const preview = await time(() => analysis.predict(request));
  const verdict = await time(() => analysis.verify(batch_id));
  delay.disable();
  const failed = verdict.value.checks
    .filter(({ status }) => status !== 'pass')
    .map(({ name, status, note }) => ({ name, status, note }));
  console.log(
    JSON.stringify({
      count,
      ran_s: Number(ran.s.toFixed(1)),
      preview_s: Number(preview.s.toFixed(2)),
      verdict_s: Number(verdict.s.toFixed(2)),
      verdict: verdict.value.verdict,
      not_passed: failed,
      loop_delay_p99_ms: Math.round(delay.percentile(99) / 1e6),
      rss_mb: Math.round(process.memoryUsage().rss / 1e6),
    }),
  );
  await analysis.close();
  await service.close();
  await pool.end();
} finally {
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}
