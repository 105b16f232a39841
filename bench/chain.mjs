// The three-step chain with no-op handlers and all bookkeeping, compared with the same row writes inside the server.
// Prints processes created/s and steps/s. Usage: npm run bench -- [--count 20000] [--rounds 3] [--slots 250]

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chaosHooks } from '../dist/src/chaos/index.js';
import { startEmbedded } from '../dist/src/embedded/server.js';
import { createEnv, createPool, launchBatch, migrate, openService, silentLogger } from '../dist/src/index.js';
import { application, chain } from './chain-app.mjs';
import { runInServer } from './in-server.mjs';

const { values: options } = parseArgs({
  options: {
    count: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '3' },
    slots: { type: 'string', default: '250' },
    json: { type: 'boolean', default: false },
  },
});
const count = Number(options.count);

// A behavior that never applies: chaos rows are written, read and rolled for, and nothing is injected.
const behavior = Object.fromEntries(
  chain.steps.map(({ key }) => [key, { error_code: 'NEVER', fail_transient_pct: 0 }]),
);

async function until(condition) {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 100));
}

/** Seconds that `work` takes. */
async function time(work) {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

async function runFaultline(url) {
  const env = createEnv(silentLogger);
  const service = await openService({ url, env, application, data_dir: '', hooks: (context) => chaosHooks(context) });
  const one = async (text, values) => (await service.pool.query(text, values)).rows[0].n;
  const creator = service.createWorker({ domains: ['faultline'] });
  await creator.start();
  let batch_id;
  const countOf = (where) => one(`select count(*)::int as n from faultline.${where} and batch_id = $1`, [batch_id]);
  const create_s = await time(async () => {
    ({ batch_id } = await launchBatch(service.bus, { definition: chain, count, input: {}, behavior, seed: 'bench' }));
    await until(async () => (await countOf('process where true')) === count);
  });
  await creator.stop();
  await service.pool.query('checkpoint');
  const worker = service.createWorker({ domains: ['chain'], slots: Number(options.slots) });
  const run_s = await time(async () => {
    await worker.start();
    await until(async () => (await countOf("process where status = 'COMPLETED'")) === count);
  });
  await worker.stop();
  const attempts = await countOf('attempt where step is not null');
  if (attempts !== count * 3) throw new Error(`${attempts} attempts for ${count} processes`);
  await service.close();
  return { created_per_s: count / create_s, steps_per_s: (count * 3) / run_s };
}

/** Each run has a fresh cluster, so that neither affects the other. */
async function onFreshDatabase(run) {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-bench-'));
  const postgres = await startEmbedded({ data_dir: join(folder, 'pg') });
  try {
    const pool = createPool(postgres.url, { application_name: 'bench' });
    await migrate(pool);
    await pool.end();
    return await run(postgres.url);
  } finally {
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const rounds = [];
for (let round = 1; round <= Number(options.rounds); round++) {
  const faultline = await onFreshDatabase(runFaultline);
  const inServer = await onFreshDatabase((url) => runInServer(url, count, behavior));
  rounds.push({
    ...faultline,
    in_server_created_per_s: inServer.created_per_s,
    in_server_steps_per_s: inServer.steps_per_s,
  });
  if (!options.json) {
    const f = (n) => Math.round(n).toLocaleString('en');
    console.log(
      `round ${round}: created ${f(faultline.created_per_s)}/s (in server ${f(inServer.created_per_s)}/s), ` +
        `steps ${f(faultline.steps_per_s)}/s (in server ${f(inServer.steps_per_s)}/s, ratio ${(faultline.steps_per_s / inServer.steps_per_s).toFixed(2)})`,
    );
  }
}
const summary = {
  count,
  created_per_s: Math.round(median(rounds.map((r) => r.created_per_s))),
  steps_per_s: Math.round(median(rounds.map((r) => r.steps_per_s))),
  in_server_steps_per_s: Math.round(median(rounds.map((r) => r.in_server_steps_per_s))),
  ratio: Number(median(rounds.map((r) => r.steps_per_s / r.in_server_steps_per_s)).toFixed(2)),
};
console.log(options.json ? JSON.stringify(summary) : `median: ${JSON.stringify(summary)}`);
