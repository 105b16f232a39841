// Whatever is killed while five thousand statements are made comes back by itself, and nothing is lost or done twice.
// Killed is meant: SIGKILL, of a worker, the server, PostgreSQL and the supervisor, always with work in flight.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Verdict, Worker } from '../../src/http/contract.ts';
import { isRunning, processesOf } from '../support/processes.ts';
import { until } from '../support/until.ts';
import { expectEachOnce } from './exactly-once.ts';
import { type System, startSystem } from './lab.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 90_000 });

/** Everything that is waited for here takes seconds on a quiet machine. */
const LONG = { deadline_ms: 120_000, every_ms: 50 };

/** At 200 attempts at a time, so long that the fastest machine has not done it all before the last kill. */
const SLOWED = { min_duration_ms: 100, max_duration_ms: 200 };
const LAUNCH = { lease_ms: 5_000, behavior: { query: SLOWED, aggregation: SLOWED, render: SLOWED } };

let system: System;

beforeAll(async () => {
  system = await startSystem();
});

afterAll(() => system.dispose());

const completedSteps = async (batch_id: string) => {
  const [row] = await system.sql<{ count: number }>(
    `select count(*)::int from faultline.attempt where batch_id = $1::uuid and effect = 'COMPLETED' and purpose = 'step'`,
    [batch_id],
  );
  return row?.count ?? 0;
};

/** Waits until this many more steps of the batch are done, so that what follows meets a batch in full run. */
async function untilMoreDone(batch_id: string, more: number): Promise<void> {
  const before = await until('the database answers', async () => ({ done: await completedSteps(batch_id) }), LONG);
  await until('work goes on', async () => (await completedSteps(batch_id)) >= before.done + more, LONG);
}

async function killAndAwaitReturn(name: string): Promise<void> {
  const before = system.children()[name] as number;
  process.kill(before, 'SIGKILL');
  const back = () => system.children()[name] !== before && isRunning(system.children()[name] as number);
  await until(`${name} is back`, back, LONG);
  await until('the server is ready', async () => (await system.send('/health/ready')).status === 200, LONG);
}

test('a worker, the server and PostgreSQL are killed during one batch', async () => {
  const count = 5_000;
  const { batch_id } = await system.launch({ count, ...LAUNCH });

  await untilMoreDone(batch_id, 500);
  const workers = await system.read<{ items: Worker[] }>('/workers');
  const killed = workers.items.find(({ name, status }) => name === 'work-1' && status === 'RUNNING');
  expect(killed?.pid).toBe(system.children()['work-1']);
  await killAndAwaitReturn('work-1');

  await untilMoreDone(batch_id, 500);
  await killAndAwaitReturn('serve');

  await untilMoreDone(batch_id, 500);
  expect(system.children().postgres).toBe(postmasterPid());
  await killAndAwaitReturn('postgres');

  // None of them was killed after the work was done.
  expect(await completedSteps(batch_id)).toBeLessThan(3 * count);
  expect(await system.untilStill(batch_id, LONG)).toMatchObject({ status: 'COMPLETED', completed_count: count });
  await expectEachOnce(system, batch_id, count, 'csv');
  const [lost] = await system.sql<{ count: number }>(
    `select count(*)::int from faultline.attempt
     where batch_id = $1::uuid and worker_id = $2::uuid and outcome = 'lease_expired'`,
    [batch_id, killed?.worker_id],
  );
  expect(lost?.count).toBeGreaterThan(0);
  await expectPass(batch_id);
});

/** The verdict passes, and was given by more than one thread where there is more than one processor. */
async function expectPass(batch_id: string): Promise<void> {
  const { verdict, checks } = await system.read<Verdict>(`/process-batches/${batch_id}/verdict`);
  expect(checks.filter(({ status }) => status === 'fail')).toEqual([]);
  expect(verdict).toBe('pass');
  expect(checks.find(({ name }) => name === 'ends_as_replayed')?.checked).toBe(5_000);
  const outages = await system.sql<{ away_ms: number }>(
    `select (details ->> 'away_ms')::int as away_ms from faultline.event where type = 'DATABASE_AWAY'`,
  );
  expect(outages.length).toBeGreaterThan(0);
}

function postmasterPid(): number {
  return Number(readFileSync(join(system.data_dir, 'postgres', 'cluster', 'postmaster.pid'), 'utf8').split('\n')[0]);
}

test('the supervisor is killed: all of it is gone within 3 s; started again, the batch goes on to its end', async () => {
  const count = 2_000;
  const { batch_id } = await system.launch({ count, ...LAUNCH });
  await untilMoreDone(batch_id, 500);

  // Children, and what PostgreSQL started in its turn.
  const all = [...new Set([...Object.values(system.children()), ...processesOf(system.data_dir)])];
  expect(all.length).toBeGreaterThan(Object.keys(system.children()).length);
  await system.killSupervisor();
  await until('nothing of it runs', () => all.every((pid) => !isRunning(pid)), { deadline_ms: 3_000 });
  expect(processesOf(system.data_dir)).toEqual([]);

  await system.start();
  expect(await completedSteps(batch_id)).toBeLessThan(3 * count);
  expect(await system.untilStill(batch_id, LONG)).toMatchObject({ status: 'COMPLETED', completed_count: count });
  await expectEachOnce(system, batch_id, count, 'csv');
});
