// What a handler does stays with the handler: others' work ends, the API answers all along, and poison is parked in the end.
// As a person runs it, against the compiled files.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BatchDetail, Worker } from '../../src/http/contract.ts';
import { MAX_LEASE_LOSSES } from '../../src/model/retry.ts';
import { type CommandLine, killFaultlines, startFaultline } from '../support/command-line.ts';
import { createTestDatabase, emptyTables } from '../support/database.ts';
import { findTestPort } from '../support/ports.ts';
import { processesOf } from '../support/processes.ts';
import { until } from '../support/until.ts';

const APP = fileURLToPath(new URL('./rogue-app.mjs', import.meta.url));
/** Killing, starting again and loading everything, three times over, on a machine that is busy. */
const VERY_SLOW = { deadline_ms: 150_000, every_ms: 100 };
/** Far beyond any test: what comes back sooner did not wait for it. */
const LONG_LEASE_MS = 3_600_000;

const database = await createTestDatabase();
let folder: string;
let port: number;
let line: CommandLine;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faultline-rogue-'));
  port = await findTestPort();
  const tables = ['batch', 'process', 'command', 'attempt', 'worker'];
  await emptyTables(database.pool, ...tables.map((table) => `faultline.${table}`));
  line = await startFaultline([
    ...['--port', String(port), '--data-dir', join(folder, 'data'), '--database-url', database.url],
    ...['--app', APP, '--unresponsive-ms', '4000'],
  ]);
});

afterEach(async () => {
  killFaultlines();
  await until('no process is left', () => processesOf(folder).length === 0);
  await rm(folder, { recursive: true, force: true });
});

async function ask<T>(path: string, body?: object): Promise<T> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
    signal: AbortSignal.timeout(20_000),
    ...(body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  expect(answer.ok, `${path} answers ${answer.status}`).toBe(true);
  return (await answer.json()) as T;
}

async function launch(deed: string, count: number): Promise<string> {
  const body = { process_type: 'Rogue', count, deed, lease_ms: LONG_LEASE_MS };
  return (await ask<{ batch_id: string }>('/process-batches', body)).batch_id;
}

/** Asks the API again and again, which must answer each time. */
const untilStatus = (batch_id: string, status: BatchDetail['status']) =>
  until(
    `the batch is ${status}`,
    async () => {
      const batch = await ask<BatchDetail>(`/process-batches/${batch_id}`);
      return batch.status === status && batch;
    },
    VERY_SLOW,
  );

/** The last losses would take minutes, so they are written into the rows; that there are so many is the bus's own test. */
async function untilPoisonIsParked(batch_id: string): Promise<void> {
  await until(
    'few losses are left',
    async () => {
      await database.pool.query(
        `update faultline.command set interruptions = $2, attempts_limit = attempts_limit + $2 - interruptions
         where batch_id = $1 and interruptions between 1 and $2 - 1`,
        [batch_id, MAX_LEASE_LOSSES],
      );
      return (await ask<BatchDetail>(`/process-batches/${batch_id}`)).status === 'AT_REST';
    },
    VERY_SLOW,
  );
}

test('one that never gives the event loop back: its worker is replaced, others end, and it is parked', async () => {
  const spinning = await launch('spin', 1);
  const good = await launch('none', 100);
  expect(await untilStatus(good, 'COMPLETED')).toMatchObject({ completed_count: 100 });
  await until(
    'its worker was replaced',
    () => /killed after \d+ s without a sign of life/.test(line.said.stdout),
    VERY_SLOW,
  );
  await untilPoisonIsParked(spinning);
  const { items } = await ask<{ items: { error_code: string }[] }>(`/tsq?batch_id=${spinning}`);
  expect(items).toMatchObject([{ error_code: 'LEASE_EXPIRED' }]);
  expect(line.child.exitCode).toBeNull();
}, 300_000);

test('fifty that leave a promise floating that rejects: all of them end, no worker does, and the verdict is given', async () => {
  const pids = async () => (await ask<{ items: Worker[] }>('/workers')).items.map(({ pid }) => pid).sort();
  const before = await until(
    'both workers are there',
    async () => {
      const found = await pids();
      return found.length === 2 && found;
    },
    VERY_SLOW,
  );
  const floating = await launch('float', 50);
  await untilStatus(floating, 'COMPLETED');
  await until('it was logged', () => /A promise rejected and no code handles it.*left floating/.test(line.said.stdout));
  expect(await ask(`/process-batches/${floating}/verdict`, {})).toMatchObject({ verdict: 'pass' });
  expect(await pids()).toEqual(before);
  expect(line.said.stdout).not.toContain('died');
}, 120_000);

test('fifty that throw in a callback, and twelve that end their process: the service goes on', async () => {
  await untilStatus(await launch('throw', 50), 'COMPLETED');
  const leaving = await launch('exit', 12);
  await until('workers died many times', () => (line.said.stdout.match(/ died \(/g) ?? []).length > 10, VERY_SLOW);
  await untilStatus(await launch('none', 100), 'COMPLETED');
  await untilPoisonIsParked(leaving);
  expect(line.child.exitCode).toBeNull();
}, 300_000);
