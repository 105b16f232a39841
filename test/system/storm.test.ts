// A storm over one batch of statements: a worker killed every two seconds, PostgreSQL restarted twice, every connection ended five times.
// Every process completes by itself, its documents exact, and nothing that was only interrupted asks for an operator.
// FAULTLINE_STORM=20000 runs it at full size (`npm run storm`).

import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { isRunning } from '../support/processes.ts';
import { until } from '../support/until.ts';
import { expectEachOnce } from './exactly-once.ts';
import { type System, startSystem } from './lab.ts';

const COUNT = Number(process.env.FAULTLINE_STORM ?? 2_500);
const FULL = COUNT >= 20_000;
const KILL_EVERY_MS = 2_000;
const WORKERS = 4;

vi.setConfig({ testTimeout: FULL ? 1_200_000 : 240_000, hookTimeout: 90_000 });
const LONG = { deadline_ms: FULL ? 1_100_000 : 220_000, every_ms: 100 };

let system: System;

beforeAll(async () => {
  system = await startSystem({ workers: WORKERS });
});

afterAll(() => system.dispose());

/** Of all processes, the share that has ended; null while the database is away. */
async function shareEnded(batch_id: string): Promise<number | null> {
  const rows = await system
    .sql<{ ended: number }>(
      `select count(*)::int as ended from faultline.process where batch_id = $1::uuid and status = 'COMPLETED'`,
      [batch_id],
    )
    .catch(() => null);
  return rows === null ? null : (rows[0]?.ended ?? 0) / COUNT;
}

const pidOf = (name: string) => system.children()[name] as number;

/** It has settled something since it came up: on a slow machine two seconds may not be enough for that, and then nothing would ever end. */
async function hasWorked(pid: number): Promise<boolean> {
  const rows = await system
    .sql(`select 1 from faultline.worker where pid = $1 and status = 'RUNNING' and settled_count > 0`, [pid])
    .catch(() => []);
  return rows.length > 0;
}

/** The next in turn, or who comes after it where that one is just coming back. */
async function nextVictim(turn: number): Promise<number | null> {
  for (let offset = 0; offset < WORKERS; offset++) {
    const pid = pidOf(`work-${((turn + offset) % WORKERS) + 1}`);
    if ((await hasWorked(pid)) && isRunning(pid)) return pid;
  }
  return null;
}

/** Each in its turn, as long as `going`. */
async function killWorkers(going: () => boolean): Promise<number> {
  let kills = 0;
  for (let turn = 0; going(); turn++) {
    const next_at = performance.now() + KILL_EVERY_MS;
    await until('two seconds are over', () => performance.now() >= next_at || !going(), { every_ms: 50 });
    const victim = await nextVictim(turn);
    if (victim === null || !going()) continue;
    process.kill(victim, 'SIGKILL');
    kills++;
  }
  return kills;
}

async function endConnections(): Promise<number> {
  const rows = await until('the database answers', () =>
    system
      .sql<{ ended: boolean }>(
        `select pg_terminate_backend(pid) as ended from pg_stat_activity
         where backend_type = 'client backend' and pid <> pg_backend_pid()`,
      )
      .catch(() => false as const),
  );
  return rows.length;
}

/** SIGKILL is a crash, SIGINT a fast shutdown; the supervisor brings it back either way. */
async function restartPostgres(how: 'SIGKILL' | 'SIGINT'): Promise<void> {
  const before = pidOf('postgres');
  process.kill(before, how);
  await until('PostgreSQL is back', () => pidOf('postgres') !== before && isRunning(pidOf('postgres')), LONG);
}

test(`${COUNT} statements complete in a storm`, async () => {
  const { batch_id } = await system.launch({
    count: COUNT,
    retry: { max_attempts: 5, backoff_ms: [200] },
    lease_ms: 3_000,
  });
  let still = false;
  const killing = killWorkers(() => !still);
  onTestFinished(async () => {
    still = true;
    await killing;
  });
  const strikes: [number, () => Promise<unknown>][] = [
    [0.08, endConnections],
    [0.2, () => restartPostgres('SIGKILL')],
    [0.32, endConnections],
    [0.44, endConnections],
    [0.56, () => restartPostgres('SIGINT')],
    [0.68, endConnections],
    [0.8, endConnections],
  ];
  let ended_at_last_strike = 0;
  for (const [share, strike] of strikes) {
    const ended = await until(`${share} is done`, async () => ((await shareEnded(batch_id)) ?? 0) >= share, LONG).then(
      () => shareEnded(batch_id),
    );
    await strike();
    ended_at_last_strike = ended ?? 0;
  }
  expect(ended_at_last_strike, 'the last strike met work under way').toBeLessThan(1);
  const batch = await until(
    'the batch has ended or rests',
    async () => {
      const seen = await system.batch(batch_id).catch(() => null);
      return seen !== null && ['COMPLETED', 'COMPLETED_WITH_FAILURES', 'AT_REST'].includes(seen.status) && seen;
    },
    LONG,
  );
  still = true;
  const kills = await killing;
  expect(batch).toMatchObject({ status: 'COMPLETED', completed_count: COUNT, in_troubleshooting_count: 0 });
  await expectEachOnce(system, batch_id, COUNT, 'csv');

  const [attempts] = await system.sql<{ interrupted: number; most: number; parked: number; other: number }>(
    `select count(*) filter (where outcome = 'lease_expired')::int as interrupted,
            (select max(interruptions)::int from faultline.command where batch_id = $1::uuid) as most,
            count(*) filter (where effect = 'TSQ')::int as parked,
            count(*) filter (where outcome not in ('success', 'lease_expired', 'released'))::int as other
     from faultline.attempt where batch_id = $1::uuid and purpose = 'step'`,
    [batch_id],
  );
  console.log(`${kills} workers killed; attempts: ${JSON.stringify(attempts)}`);
  expect(kills).toBeGreaterThan(1);
  expect(attempts).toMatchObject({ parked: 0 });
  expect(attempts?.interrupted).toBeGreaterThan(0);
});
