// What the supervisor makes of what batches ask: in turn, within what is allowed, through outages, written down before it is done.
// Against a database of its own, with a supervisor whose children are real processes.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { TURBULENCE_KINDS, type TurbulenceKind } from '../../src/chaos/experiment.ts';
import { listTurbulence } from '../../src/chaos/queries/turbulence.ts';
import { allowedTurbulence } from '../../src/chaos/turbulence.ts';
import { silentLogger } from '../../src/model/env.ts';
import type { Exit } from '../../src/supervisor/supervised-child.ts';
import { Supervisor } from '../../src/supervisor/supervisor.ts';
import { startTurbulence } from '../../src/supervisor/turbulence.ts';
import { createTestDatabase } from '../support/database.ts';
import { insertBatch } from '../support/factories.ts';
import { stateOf } from '../support/processes.ts';
import { until } from '../support/until.ts';

const { pool, url } = await createTestDatabase();
// Its own connections are cut off here, too.
pool.on('connect', (client) => void client.on('error', () => {}));

const spawned: ChildProcess[] = [];
let maker: ReturnType<typeof startTurbulence> | undefined;
let stopSupervisor = async () => {};

afterEach(async () => {
  await maker?.stop();
  await stopSupervisor();
  for (const child of spawned.splice(0)) child.kill('SIGKILL');
  await until('the database answers', () =>
    pool.query('truncate faultline.batch cascade; truncate faultline.event, faultline.setting'),
  );
});

async function startChildren(...names: string[]) {
  const starts = new Map<string, number>();
  const supervisor = new Supervisor({ logger: silentLogger, onGiveUp: () => {} });
  stopSupervisor = () => supervisor.stop();
  for (const name of names) {
    const start = async () => {
      const child = spawn('sleep', ['600']);
      spawned.push(child);
      const exited = new Promise<Exit>((done) => child.once('exit', (code, signal) => done({ code, signal })));
      await once(child, 'spawn');
      starts.set(name, (starts.get(name) ?? 0) + 1);
      const kill = () => void child.kill('SIGKILL');
      return { pid: child.pid as number, exited, stop: () => void child.kill('SIGTERM'), kill };
    };
    await supervisor.add({ name, stage: 0, stop_ms: 1_000, start });
  }
  return { supervisor, starts };
}

const insert = (turbulence: object, ago_ms = 0) =>
  insertBatch(pool, 'RUNNING', { experiment: { turbulence }, created_at: new Date(Date.now() - ago_ms) });

const done = (batch_id: string) =>
  until('the database answers', () => listTurbulence(pool, batch_id, TURBULENCE_KINDS, 500));
const doneOf = async (batch_id: string, kind: TurbulenceKind) =>
  (await done(batch_id)).filter((each) => each.kind === kind).map(({ details }) => details);

test('workers are killed in turn; one that does not run is passed over', async () => {
  const { supervisor, starts } = await startChildren('work-1', 'work-3');
  const workers = ['work-1', 'work-2', 'work-3'];
  maker = startTurbulence({ database_url: url, allowed: TURBULENCE_KINDS, workers, supervisor, logger: silentLogger });
  const { batch_id } = await insert({ kill_worker_every_ms: 1_000 });
  const pids = { 'work-1': supervisor.pidOf('work-1'), 'work-3': supervisor.pidOf('work-3') };
  const kills = await until('three were killed', async () => {
    const found = await doneOf(batch_id, 'kill_worker');
    return found.length >= 3 && found;
  });
  expect(kills.map(({ worker }) => worker).slice(0, 3)).toEqual(['work-1', 'work-3', 'work-3']);
  expect(kills.slice(0, 2)).toMatchObject([
    { nth: 1, pid: pids['work-1'] },
    { nth: 2, pid: pids['work-3'] },
  ]);
  await until('they are back', () => (starts.get('work-1') ?? 0) >= 2 && (starts.get('work-3') ?? 0) >= 3);
});

test('with no worker there is nothing to kill, and nothing is written', async () => {
  const { supervisor } = await startChildren();
  maker = startTurbulence({
    database_url: url,
    allowed: TURBULENCE_KINDS,
    workers: ['work-1'],
    supervisor,
    logger: silentLogger,
  });
  const { batch_id } = await insert({ kill_worker_every_ms: 1_000, terminate_backends_every_ms: 1_000 }, 60_000);
  await until('backends were terminated', async () => (await done(batch_id)).length > 0);
  expect(await doneOf(batch_id, 'kill_worker')).toEqual([]);
});

test('never touches the server of a database that is not embedded, whatever the batch asks for', async () => {
  const { supervisor, starts } = await startChildren('postgres', 'work-1');
  const before = supervisor.pidOf('postgres') as number;
  const allowed = allowedTurbulence('allowed');
  maker = startTurbulence({ database_url: url, allowed, workers: ['work-1'], supervisor, logger: silentLogger });
  const everything = {
    kill_worker_every_ms: 1_000,
    restart_postgres_every_ms: 1_000,
    terminate_backends_every_ms: 1_000,
    pause_postgres_every_ms: 1_000,
    pause_ms: 500,
  };
  const { batch_id } = await insert(everything, 60_000);
  await until('what is allowed was done twice', async () => (await done(batch_id)).length >= 4);
  expect([...new Set((await done(batch_id)).map(({ kind }) => kind))].sort()).toEqual([...allowed].sort());
  expect([supervisor.pidOf('postgres'), starts.get('postgres'), stateOf(before)]).toEqual([before, 1, 'S']);
});

test('PostgreSQL is restarted in turn as after a crash and in order; of what was missed only the latest is made up for', async () => {
  const { supervisor, starts } = await startChildren('postgres');
  maker = startTurbulence({
    database_url: url,
    allowed: TURBULENCE_KINDS,
    workers: [],
    supervisor,
    logger: silentLogger,
  });
  const { batch_id } = await insert({ restart_postgres_every_ms: 1_000 }, 60_500);
  const restarts = await until('it was restarted twice', async () => {
    const found = await doneOf(batch_id, 'restart_postgres');
    return found.length >= 2 && found;
  });
  expect(restarts.slice(0, 2)).toMatchObject([
    { nth: 1, mode: 'immediate' },
    { nth: 2, mode: 'fast' },
  ]);
  expect(restarts[0]?.due_ms).toBeGreaterThanOrEqual(60_000);
  await until('it runs again', () => starts.get('postgres') === restarts.length + 1);
});

test('a pause ends when it is told to stop', async () => {
  const { supervisor } = await startChildren('postgres');
  maker = startTurbulence({
    database_url: url,
    allowed: TURBULENCE_KINDS,
    workers: [],
    supervisor,
    logger: silentLogger,
  });
  const { batch_id } = await insert({ pause_postgres_every_ms: 60_001, pause_ms: 60_000 }, 70_000);
  const pid = supervisor.pidOf('postgres') as number;
  await until('it is held still', () => stateOf(pid) === 'T');
  expect(await doneOf(batch_id, 'pause_postgres')).toEqual([{ due_ms: 60_001, nth: 1, pause_ms: 60_000 }]);
  await maker.stop();
  await until('it goes on', () => stateOf(pid) === 'S');
});

test('outlasts a database that is unavailable, and goes on with the next batch', async () => {
  const { supervisor } = await startChildren('work-1');
  const told: string[] = [];
  const logger = { ...silentLogger, warn: (_fields: object, message: string) => void told.push(message) };
  maker = startTurbulence({ database_url: url, allowed: TURBULENCE_KINDS, workers: ['work-1'], supervisor, logger });
  const cut = () =>
    pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name = 'faultline turbulence'`,
    );
  await until('its connection was cut', async () => ((await cut()).rowCount ?? 0) > 0);
  await pool.query('alter table faultline.setting rename to mislaid');
  await until('it says what is wrong', () => told.length > 0);
  await pool.query('alter table faultline.mislaid rename to setting');
  expect(told).toEqual(['Turbulence failed, trying again: relation "faultline.setting" does not exist']);
  const { batch_id } = await insert({ kill_worker_every_ms: 1_000 }, 5_000);
  await until('it goes on', async () => (await done(batch_id)).length > 0);
});
