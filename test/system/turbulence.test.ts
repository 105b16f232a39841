// A batch with every kind of turbulence ends as predicted and leaves nothing behind.
// With the real supervisor: workers and PostgreSQL are really killed, restarted, disconnected and suspended.

import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { isRunning, processesOf, stateOf } from '../support/processes.ts';
import { until } from '../support/until.ts';
import { expectEachOnce } from './exactly-once.ts';
import { type System, startSystem } from './lab.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 90_000 });

const LONG = { deadline_ms: 120_000, every_ms: 100 };
const CSV = { account_count: 1, lease_ms: 3_000, retry: { max_attempts: 5, backoff_ms: [50, 100, 200] } };
/** At 200 attempts at a time, so long that the fastest machine is not done when the last kind has had its turn. */
const SLOWED = { min_duration_ms: 400, max_duration_ms: 600 };
const KINDS = ['kill_worker', 'pause_postgres', 'restart_postgres', 'terminate_backends'];

let system: System;

beforeAll(async () => {
  system = await startSystem();
});

afterAll(() => system.dispose());

const heldStill = () => processesOf(system.data_dir).filter((pid) => stateOf(pid) === 'T');

test('a batch under every kind of turbulence completes, each step once, while the supervisor goes on', async () => {
  const count = 2_000;
  const turbulence = {
    kill_worker_every_ms: 3_000,
    terminate_backends_every_ms: 4_000,
    pause_postgres_every_ms: 5_000,
    pause_ms: 500,
    restart_postgres_every_ms: 6_000,
    for_ms: 14_000,
  };
  const { batch_id } = await system.launch({
    count,
    ...CSV,
    behavior: { query: SLOWED, aggregation: SLOWED, render: SLOWED },
    experiment: { hypothesis: 'Whatever goes away comes back.', turbulence },
  });

  // A server that is down answers nothing, or that it is down: asked again until the end.
  const batch = await until(
    'it has ended',
    async () => {
      const seen = await system.batch(batch_id);
      return seen.completed_at !== null && seen;
    },
    LONG,
  );
  expect(batch).toMatchObject({ status: 'COMPLETED', completed_count: count, in_troubleshooting_count: 0 });
  await expectEachOnce(system, batch_id, count, 'csv');

  const { turbulence: seen } = batch;
  expect([...new Set(seen.map(({ kind }) => kind))].sort()).toEqual(KINDS);
  const of = (kind: string) => seen.filter((each) => each.kind === kind).map(({ details }) => details);
  // Each worker meets it, and a crash comes before an orderly stop.
  expect(of('kill_worker').slice(0, 2)).toMatchObject([{ worker: 'work-1' }, { worker: 'work-2' }]);
  expect(of('restart_postgres')[0]).toEqual({ due_ms: 6_000, nth: 1, mode: 'immediate' });
  expect(of('pause_postgres')[0]).toEqual({ due_ms: 5_000, nth: 1, pause_ms: 500 });
  expect(of('terminate_backends')[0]?.backends).toBeGreaterThan(2);
  expect(seen.every(({ details }) => (details.due_ms as number) < turbulence.for_ms)).toBe(true);

  expect(heldStill()).toEqual([]);
  expect(Object.values(system.children()).every(isRunning)).toBe(true);
});

test('a PostgreSQL that is held still goes on when the supervisor is told to stop, and when it is killed', async () => {
  const turbulence = { pause_postgres_every_ms: 8_001, pause_ms: 8_000 };
  const { batch_id } = await system.launch({
    ...CSV,
    // Open for long, with nothing in flight.
    retry: { max_attempts: 2, backoff_ms: [600_000] },
    behavior: { query: { fail_transient_pct: 100 } },
    experiment: { turbulence },
  });
  await until('PostgreSQL is held still', () => heldStill().length > 2, { deadline_ms: 30_000 });
  const stopped = system.stop();
  await until('nothing is held still, before the pause is over', () => heldStill().length === 0, {
    deadline_ms: 4_000,
  });
  await stopped;
  expect(processesOf(system.data_dir)).toEqual([]);

  // What was missed meanwhile is due at once.
  await system.start();
  await until('PostgreSQL is held still again', () => heldStill().length > 2, { deadline_ms: 30_000 });
  await system.killSupervisor();
  await until('nothing of it runs', () => processesOf(system.data_dir).length === 0, { deadline_ms: 6_000 });

  await system.start();
  const { turbulence: seen } = await system.batch(batch_id);
  expect(seen.map(({ details }) => details.nth)).toEqual(seen.map((_, index) => index + 1));
});
