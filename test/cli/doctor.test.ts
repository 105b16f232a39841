// The findings of doctor about the work in the database: each condition that needs an operator is a warning that names it.

import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { doctor } from '../../src/cli/doctor.ts';
import { checkCondition } from '../../src/cli/doctor-database.ts';
import type { Finding } from '../../src/cli/findings.ts';
import { readCondition } from '../../src/db/queries/read-condition.ts';
import { createServer } from '../../src/http/server.ts';
import { createEnv, silentLogger } from '../../src/model/env.ts';
import { openService } from '../../src/process/service.ts';
import { createTestDatabase, emptyTables } from '../support/database.ts';
import { insertBatch, insertCommand, insertProcess, insertWorker } from '../support/factories.ts';

const { pool } = await createTestDatabase();

beforeEach(async () => {
  await emptyTables(
    pool,
    'faultline.batch',
    'faultline.command',
    'faultline.process',
    'faultline.worker',
    'faultline.domain',
  );
});

const findings = async (prune_after_days: number | null = null) =>
  checkCondition(await readCondition(pool, prune_after_days), prune_after_days);
const warnings = async (prune_after_days: number | null = null) =>
  (await findings(prune_after_days))
    .filter(({ state }) => state !== 'ok')
    .map(({ check, says }) => `${check}: ${says}`);

test('warns of nothing where nothing is wrong', async () => {
  await insertWorker(pool, 'RUNNING');
  await insertCommand(pool, 'PENDING', { available_at: new Date() });
  await insertCommand(pool, 'IN_TROUBLESHOOTING_QUEUE');
  await insertBatch(pool, 'COMPLETED', { completed_at: new Date() });
  expect(await warnings(1)).toEqual([]);
  expect(await findings()).toHaveLength(7);
});

test('warns of paused domains, dead workers, an old backlog and a full troubleshooting queue', async () => {
  await insertCommand(pool, 'PENDING', { domain: 'paused', available_at: new Date(0) });
  await insertCommand(pool, 'PENDING', { domain: 'late', available_at: new Date(Date.now() - 300_000) });
  await pool.query(`insert into faultline.domain (domain, paused_at) values ('paused', now()), ('running', null)`);
  await insertWorker(pool, 'RUNNING', { name: 'gone', heartbeat_at: new Date(Date.now() - 60_000) });
  await insertWorker(pool, 'STOPPED', { name: 'stopped', heartbeat_at: new Date(Date.now() - 60_000) });
  await pool.query(
    `insert into faultline.command (command_id, lane, domain, type, purpose, status, attempts_limit, max_attempts, lease_ms,
       backoff_ms, available_at, created_at, parked_at)
     select gen_random_uuid(), 0, 'lab', 'Do', 'standalone', 'IN_TROUBLESHOOTING_QUEUE', 3, 3, 30000, '{0}', now(), now(), now()
     from generate_series(1, 1001)`,
  );
  expect(await warnings()).toEqual([
    'domains: paused: paused: their commands are not executed',
    'dead workers: stopped without notice within the last hour: gone',
    expect.stringMatching(/^backlog: a command of late is ready for 30\d s/),
    'troubleshooting: 1001 wait for an operator (faultline tsq list)',
  ]);
});

test('processes whose own code threw wait for an operator too, though none of their commands does', async () => {
  const parked_at = new Date('2026-01-02T03:04:05Z');
  await insertProcess(pool, 'WAITING_FOR_TSQ', { error_code: 'ADVANCE_FAILED', parked_at });
  await insertCommand(pool, 'IN_TROUBLESHOOTING_QUEUE', { parked_at: new Date('2026-02-02T03:04:05Z') });
  expect((await findings()).find(({ check }) => check === 'troubleshooting')?.says).toBe(
    '2 wait for an operator, the oldest since 2026-01-02T03:04:05.000Z',
  );
});

test('a server on the port that works on another database is not taken for that of this one', async () => {
  const [mine, other] = [await createTestDatabase(), await createTestDatabase()];
  const service = await openService({
    url: mine.url,
    env: createEnv(silentLogger),
    application: { name: 'none', processes: [], register: () => {} },
    data_dir: '',
  });
  const server = await createServer({ service });
  const dataDir = mkdtempSync(join(tmpdir(), 'faultline-doctor-'));
  onTestFinished(async () => {
    await server.close();
    await service.close();
    rmSync(dataDir, { recursive: true });
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  const { port } = server.server.address() as AddressInfo;
  const says = async (databaseUrl?: string) => {
    const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    await doctor({ databaseUrl, dataDir, port, json: true });
    const findings = JSON.parse(written.mock.calls.map(([text]) => String(text)).join('')) as Finding[];
    written.mockRestore();
    return findings.filter(({ check }) => check === 'server' || check === 'workers');
  };
  expect(await says(mine.url)).toMatchObject([
    { check: 'server', state: 'ok', says: `ready on port ${port}` },
    { check: 'workers', state: 'warn' },
  ]);
  const strange = [
    {
      check: 'server',
      state: 'warn',
      says: expect.stringContaining(`port ${port} is used by the server of another database`),
    },
  ];
  expect(await says(other.url)).toEqual(strange);
  // A data folder in which nothing runs.
  expect(await says()).toEqual(strange);
});

test('pruning is overdue a day after its time, and only where it is asked for', async () => {
  await insertBatch(pool, 'COMPLETED', { completed_at: new Date(Date.now() - 31.5 * 86_400_000) });
  expect(await warnings()).toEqual([]);
  expect(await warnings(31)).toEqual([]);
  expect(await warnings(30)).toEqual([
    expect.stringMatching(/^retention: 1 batches are older than 30 days \(never pruned\)/),
  ]);
});

test('long transactions and dead rows are told with who and where', () => {
  const fine = {
    paused_domains: [],
    dead_workers: [],
    parked_count: 0,
    oldest_parked_at: null,
    oldest_ready: null,
    pruned_at: null,
    overdue_batches: 0,
  };
  const verified = checkCondition(
    {
      ...fine,
      long_transactions: [{ pid: 7, application_name: 'psql', open_s: 900 }],
      bloated_tables: [{ name: 'faultline.command', dead: 90_000, live: 10 }],
    },
    null,
  );
  expect(verified.filter(({ state }) => state === 'warn').map(({ says }) => says)).toEqual([
    'psql (pid 7) keeps one open for 900 s: tables grow meanwhile',
    'faultline.command: 90000 dead rows: autovacuum is behind',
  ]);
});
