// Figures of the service: the dashboard's counts against the tables, throughput, workers, configuration and health.

import { createServer } from 'faultline/http';
import { describe, expect, test } from 'vitest';
import { createPool } from '../../src/db/pool.ts';
import {
  insertAttempt,
  insertBatch,
  insertCommand,
  insertEvent,
  insertProcess,
  insertWorker,
} from '../support/factories.ts';
import { until } from '../support/until.ts';
import { openLab } from './lab.ts';

const lab = await openLab();
const { pool } = lab.database;

const ago = (seconds: number) => new Date(Date.now() - seconds * 1_000);

describe('overview', async () => {
  await insertBatch(pool, 'COMPLETED', {
    total_count: 10,
    created_count: 10,
    completed_count: 7,
    compensated_count: 3,
  });
  await insertBatch(pool, 'AT_REST', { completed_count: 1, in_troubleshooting_count: 1 });
  const { batch_id } = await insertBatch(pool, 'RUNNING', {
    total_count: 9,
    created_count: 5,
    waiting_count: 4,
    failed_count: 1,
  });
  for (let ordinal = 0; ordinal < 3; ordinal++) await insertProcess(pool, 'COMPENSATING', { batch_id, ordinal });
  for (let n = 0; n < 3; n++) await insertCommand(pool, 'PENDING');
  await insertCommand(pool, 'PENDING', { domain: 'faultline', purpose: 'chunk', step: null });
  await insertCommand(pool, 'IN_PROGRESS');
  for (const fault of ['permanent', 'permanent', null]) {
    await insertCommand(pool, 'IN_TROUBLESHOOTING_QUEUE', { fault });
  }
  const thrower = await insertCommand(pool, 'COMPLETED');
  await insertProcess(pool, 'WAITING_FOR_TSQ', {
    error_code: 'ADVANCE_FAILED',
    awaiting_command_id: thrower.command_id,
  });
  // 120 attempts within the last minute, a hundredth of a second each but for five that took two.
  for (let n = 0; n < 120; n++) {
    const ended_at = ago(30);
    const started_at = new Date(ended_at.getTime() - (n < 5 ? 2_000 : 10));
    await insertAttempt(pool, await insertCommand(pool, 'COMPLETED'), { started_at, ended_at });
  }
  await insertAttempt(pool, await insertCommand(pool, 'COMPLETED', { purpose: 'chunk' }), {
    started_at: ago(50),
    ended_at: ago(30),
  });
  const overview = (await lab.get('/stats/overview')).json();

  test('batches and processes by status, from the batch rows', () => {
    expect(overview).toMatchObject({
      batches: { open: 2, total: 3 },
      processes: {
        WAITING_FOR_REPLY: 1,
        COMPENSATING: 3,
        WAITING_FOR_TSQ: 1,
        COMPLETED: 8,
        COMPENSATED: 3,
        FAILED: 1,
        CANCELED: 0,
      },
    });
  });

  test('what waits, runs and is parked, without the work of Faultline itself', () => {
    expect(overview).toMatchObject({ backlog: 3, in_progress: 1, in_troubleshooting: 4 });
  });

  test('causes, the injected apart from the real', () => {
    expect(overview.tsq_groups).toEqual([
      { error_group: 'BROKEN: It broke.', injected: true, count: 2 },
      { error_group: 'ADVANCE_FAILED', injected: false, count: 1 },
      { error_group: 'BROKEN: It broke.', injected: false, count: 1 },
    ]);
  });

  test('pace and percentiles of the last minute', () => {
    expect(overview.attempts_per_second).toBe(2);
    const { p50, p95, p99 } = overview.latency_ms;
    for (const [found, meant] of [
      [p50, 10],
      [p95, 10],
      [p99, 2_000],
    ]) {
      expect(found).toBeGreaterThan(meant * 0.95);
      expect(found).toBeLessThan(meant * 1.05);
    }
  });

  test('throughput of the last minute and of the last hour have the same attempts', async () => {
    for (const [window_s, slice_ms] of [
      [60, 1_000],
      [300, 5_000],
      [3_600, 60_000],
      [60, 1_000],
    ]) {
      const answer = (await lab.get(`/stats/throughput?window_s=${window_s}`)).json();
      expect(answer.slice_ms).toBe(slice_ms);
      expect(answer.items.length).toBeGreaterThanOrEqual(60);
      expect(answer.items.length).toBeLessThanOrEqual(61);
      const sum = (key: string) =>
        answer.items.reduce((all: number, item: Record<string, number>) => all + (item[key] ?? 0), 0);
      expect({ success: sum('success'), failed: sum('failed'), injected: sum('injected') }).toEqual({
        success: 120,
        failed: 0,
        injected: 0,
      });
      const times = answer.items.map((item: { at: string }) => Date.parse(item.at));
      expect(new Set(times.slice(1).map((time: number, n: number) => time - times[n]))).toEqual(new Set([slice_ms]));
    }
  });

  test('attempts that end later are counted later, each once', async () => {
    const before = (await lab.get('/stats/throughput')).json().items.length;
    for (const fault of [null, 'transient']) {
      await insertAttempt(pool, await insertCommand(pool, 'PENDING'), {
        started_at: ago(1),
        ended_at: ago(0.5),
        outcome: 'transient',
        effect: 'RETRY',
        fault,
      });
    }
    const sums = await until('both are counted', async () => {
      const { items } = (await lab.get('/stats/throughput')).json();
      const sum = (key: string) =>
        items.reduce((all: number, item: Record<string, number>) => all + (item[key] ?? 0), 0);
      return sum('injected') > 0 && { failed: sum('failed'), injected: sum('injected'), success: sum('success') };
    });
    expect(before).toBeGreaterThanOrEqual(60);
    expect(sums).toEqual({ failed: 1, injected: 1, success: 120 });
  });
});

test('workers: those that live, those that died, and those that stopped a while ago', async () => {
  await insertWorker(pool, 'RUNNING', { name: 'lives', heartbeat_at: ago(2) });
  await insertWorker(pool, 'DRAINING', { name: 'drains', heartbeat_at: ago(2) });
  await insertWorker(pool, 'RUNNING', { name: 'died', heartbeat_at: ago(20) });
  await insertWorker(pool, 'DRAINING', { name: 'died draining', heartbeat_at: ago(20) });
  await insertWorker(pool, 'STOPPED', { name: 'stopped', heartbeat_at: ago(20) });
  await insertWorker(pool, 'STOPPED', { name: 'long gone', heartbeat_at: ago(4_000) });
  const { items } = (await lab.get('/workers')).json();
  expect(
    Object.fromEntries(items.map((worker: { name: string; status: string }) => [worker.name, worker.status])),
  ).toEqual({
    lives: 'RUNNING',
    drains: 'DRAINING',
    died: 'DEAD',
    'died draining': 'DEAD',
    stopped: 'STOPPED',
  });
});

test('the configuration says what may be launched, and what holds where a launch says nothing', async () => {
  const config = (await lab.get('/config')).json();
  expect(config).toMatchObject({
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    lanes: 1,
    process_types: [
      {
        type: 'StatementReport',
        domain: 'reporting',
        steps: [
          { key: 'query', command: 'StatementQuery', compensated: true },
          { key: 'aggregation', command: 'StatementDataAggregation', compensated: true },
          { key: 'render', command: 'StatementRender', compensated: true },
        ],
        input: { type: 'object', required: ['from_date', 'to_date', 'output_type'] },
      },
    ],
    defaults: { lease_ms: 30_000, max_batch_count: 100_000, retry: { max_attempts: 3 } },
  });
});

describe('health', () => {
  test('live and ready', async () => {
    expect((await lab.get('/health/live')).json()).toEqual({ status: 'ok', checks: {} });
    const ready = await lab.get('/health/ready');
    expect([ready.statusCode, ready.json()]).toEqual([
      200,
      { status: 'ok', checks: { database: 'ok', schema: 'ok' }, database_id: expect.stringMatching(/^[0-9a-f]{32}$/) },
    ]);
  });

  test('a database that is not at this schema is not ready, and says which migrations it lacks', async () => {
    const other = await openLab();
    await other.database.pool.query(
      'delete from faultline.migration where name = (select max(name) from faultline.migration)',
    );
    const ready = await other.get('/health/ready');
    expect(ready.statusCode).toBe(503);
    expect(ready.json()).toMatchObject({
      status: 'unavailable',
      checks: { database: 'ok', schema: expect.stringContaining('migrat') },
    });
  });

  test('a database that was dropped is unavailable, not broken', async () => {
    const gone = new URL(lab.database.url);
    gone.pathname = '/no_such_database';
    const away = createPool(gone.href, { application_name: 'gone' });
    const app = await createServer({ service: { ...lab.service, pool: away } });
    try {
      expect((await app.inject('/api/v1/health/ready')).json()).toMatchObject({
        status: 'unavailable',
        checks: { database: 'refuses' },
      });
      expect((await app.inject('/api/v1/process-batches')).statusCode).toBe(503);
    } finally {
      await app.close();
      await away.end();
    }
  });
});

test('an event without a subject breaks no list', async () => {
  await insertEvent(pool, 'BATCH_AT_REST');
  expect((await lab.get('/stats/overview')).statusCode).toBe(200);
});
