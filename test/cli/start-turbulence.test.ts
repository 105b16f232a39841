// faultline start on a database of yours: no turbulence, unless the flag says so in as many words, and then only from a distance.
// As a person runs it, against the compiled files.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { killFaultlines, runFaultline, SLOW, startFaultline } from '../support/command-line.ts';
import { createTestDatabase } from '../support/database.ts';
import { findTestPort } from '../support/ports.ts';
import { processesOf } from '../support/processes.ts';
import { until } from '../support/until.ts';

const APP = fileURLToPath(new URL('./holding-app.mjs', import.meta.url));
const { pool, url } = await createTestDatabase();
// Turbulence cuts these off, too.
pool.on('connect', (client) => void client.on('error', () => {}));

let folder: string;
let address: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faultline-start-'));
});

afterEach(async () => {
  killFaultlines();
  await until('no process is left', () => processesOf(folder).length === 0);
  await rm(folder, { recursive: true, force: true });
});

async function start(more: string[], env: NodeJS.ProcessEnv = {}) {
  const port = await findTestPort();
  address = `http://127.0.0.1:${port}/api/v1`;
  const where = ['--port', String(port), '--data-dir', join(folder, 'data'), '--database-url', url];
  return startFaultline([...where, '--app', APP, ...more], env);
}

const allowed = async () => ((await (await fetch(`${address}/config`)).json()) as { turbulence: string[] }).turbulence;

const launch = (turbulence: object) =>
  fetch(`${address}/process-batches`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ process_type: 'Holding', hold: true, experiment: { turbulence } }),
  });

test.each([
  [{}],
  // Neither what the supervisor tells its server, nor a no, is the flag.
  [{ FAULTLINE_TURBULENCE: 'embedded', FAULTLINE_ALLOW_TURBULENCE: '0' }],
])(
  'without the flag there is none: %j',
  async (env) => {
    await start(['--workers', '0'], env);
    expect(await allowed()).toEqual([]);
    const refused = await launch({ kill_worker_every_ms: 1_000 });
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([
      409,
      'TURBULENCE_NOT_ALLOWED',
    ]);
    const { rows } = await pool.query(
      `select from pg_stat_activity where datname = current_database() and application_name = 'faultline turbulence'`,
    );
    expect(rows).toEqual([]);
  },
  60_000,
);

test.each([
  [['--allow-turbulence'], {}],
  [[], { FAULTLINE_ALLOW_TURBULENCE: 'yes' }],
])(
  'with it workers are killed and connections ended, and no more: %j %j',
  async (flags, env) => {
    const { child, ended } = await start(['--workers', '1', ...flags], env);
    expect(await allowed()).toEqual(['kill_worker', 'terminate_backends']);
    expect((await launch({ restart_postgres_every_ms: 1_000 })).status).toBe(409);
    expect((await launch({ kill_worker_every_ms: 3_000, terminate_backends_every_ms: 2_000 })).status).toBe(202);
    const kinds = `select distinct details ->> 'kind' as kind from faultline.event where type = 'TURBULENCE' order by 1`;
    await until('both were done', async () => (await pool.query(kinds)).rows.length === 2, SLOW);
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
    await until('the database answers', () => pool.query('truncate faultline.batch cascade; truncate faultline.event'));
  },
  90_000,
);

test('a flag that is neither yes nor no is a usage error', async () => {
  const { code, stderr } = await (await runFaultline(['start'], { FAULTLINE_ALLOW_TURBULENCE: 'maybe' })).ended;
  expect(code).toBe(2);
  expect(stderr).toContain('It must be yes or no.');
});
