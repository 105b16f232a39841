// Stop conditions: each metric, abort and mark, once each however many guards look, and injection ended within two seconds.

import { afterAll, expect, test } from 'vitest';
import type { StopCondition } from '../../src/chaos/experiment.ts';
import { createGuard, errorPct } from '../../src/chaos/guard.ts';
import { resumeChaos, stopChaos } from '../../src/chaos/kill-switch.ts';
import {
  markConditionMetIfFirst,
  readGuardedBatches,
  summarizeAttempts,
} from '../../src/chaos/queries/stop-conditions.ts';
import { lockIfTurbulenceMayRun, readTurbulentBatches } from '../../src/chaos/queries/turbulence.ts';
import { withTx } from '../../src/db/pool.ts';
import { readBatch } from '../../src/db/queries/batches.ts';
import type { CommandPolicy } from '../../src/model/process.ts';
import { launchBatch } from '../../src/process/launch.ts';
import { until } from '../support/until.ts';
import { assembly, DOMAIN, openLab } from './lab.ts';

const lab = await openLab();
const { bus } = lab.service;
const { pool } = lab.database;

const guards = [1, 2].map(() =>
  createGuard({ pool: lab.service.pool, env: bus.env, databaseHealth: bus.databaseHealth }),
);
for (const guard of guards) guard.start();
afterAll(() => Promise.all(guards.map((guard) => guard.stop())));

async function launch(
  count: number,
  stop_conditions: StopCondition[],
  cut: Record<string, unknown> = {},
  policy: Partial<CommandPolicy> = {},
): Promise<string> {
  const request = {
    definition: assembly,
    count,
    input: {},
    seed: 'stop',
    behavior: { cut },
    experiment: { stop_conditions },
  };
  const retry = { max_attempts: 1, backoff_ms: [0], lease_ms: 30_000, ...policy };
  return (await launchBatch(bus, { ...request, policy: retry })).batch_id;
}

interface Told {
  type: string;
  reason: string | null;
  details: Record<string, unknown> | null;
  at: Date;
}

async function told(batch_id: string): Promise<Told[]> {
  const { rows } = await pool.query<Told & Record<string, unknown>>(
    `select type, reason, details, at from faultline.event
     where batch_id = $1 and type in ('STOP_CONDITION_MET', 'INJECTION_STOPPED') order by event_id`,
    [batch_id],
  );
  return rows;
}

async function one<T>(text: string, ...values: unknown[]): Promise<T> {
  const { rows } = await pool.query(text, values);
  return (rows[0] === undefined ? null : Object.values(rows[0])[0]) as T;
}

/** The database's clock. */
const clock = () => one<Date>('select clock_timestamp()');

const stoppedAt = (batch_id: string) =>
  one<Date | null>('select injection_stopped_at from faultline.batch where batch_id = $1', batch_id);

/** On a busy machine a worker gets through little. */
const LONG_DEADLINE = { deadline_ms: 60_000 };

const met = (batch_id: string, count: number) =>
  until(
    `${count} conditions were met`,
    async () => {
      const all = (await told(batch_id)).filter(({ type }) => type === 'STOP_CONDITION_MET');
      return all.length >= count && all;
    },
    LONG_DEADLINE,
  );

const done = (batch_id: string) =>
  until(
    'no process goes on',
    async () => {
      const [open, created] = await Promise.all([
        one<number>(
          `select count(*) from faultline.process where batch_id = $1 and status in ('WAITING_FOR_REPLY', 'COMPENSATING')`,
          batch_id,
        ),
        one<number>('select created_count from faultline.batch where batch_id = $1', batch_id),
      ]);
      return open === 0 && created > 0;
    },
    LONG_DEADLINE,
  );

test('too many in troubleshooting: injection ends, and everything else goes through', {
  timeout: 150_000,
}, async () => {
  const above = 20;
  const batch_id = await launch(400, [{ metric: 'in_troubleshooting', above, action: 'abort' }], {
    fail_permanent_pct: 50,
    min_duration_ms: 40,
    delay_failures: true,
  });
  const worker = await lab.work({ slots: 3 });
  const [condition] = await met(batch_id, 1);
  const seen = await clock();
  await done(batch_id);
  await worker.stop();

  expect(condition?.details).toEqual({
    metric: 'in_troubleshooting',
    above,
    value: expect.any(Number),
    action: 'abort',
  });
  expect(condition?.details?.value).toBeGreaterThan(above);
  const events = await told(batch_id);
  expect(events.map(({ type }) => type)).toEqual(['STOP_CONDITION_MET', 'INJECTION_STOPPED']);
  expect(events[1]?.reason).toBe(`in_troubleshooting was ${condition?.details?.value}, above 20`);
  const stopped_at = (await stoppedAt(batch_id)) as Date;
  // The 21st: from then on the condition was true.
  const true_since = await one<Date>(
    'select ended_at from faultline.attempt where batch_id = $1 and fault is not null order by ended_at offset $2 limit 1',
    batch_id,
    above,
  );
  expect(+stopped_at).toBeGreaterThan(+true_since);
  const after = 'from faultline.attempt where batch_id = $1 and started_at > $2';
  expect(await one(`select count(*) ${after} and fault is not null`, batch_id, seen)).toBe(0);
  expect(await one<number>(`select count(*) ${after}`, batch_id, seen)).toBeGreaterThan(50);
});

test('a rate of errors that is only to be marked: once, while it stays true and injection goes on', {
  timeout: 150_000,
}, async () => {
  const conditions: StopCondition[] = [
    { metric: 'error_pct', above: 30, action: 'mark' },
    { metric: 'error_pct', above: 40, action: 'mark' },
    { metric: 'error_pct', above: 99, action: 'abort' },
  ];
  // So that the first twenty hardly all fail, which would be above 99.
  const cut = { fail_transient_pct: 75, min_duration_ms: 20, delay_failures: true };
  const batch_id = await launch(400, conditions, cut, { max_attempts: 100 });
  const worker = await lab.work({ slots: 4 });
  const marked = await met(batch_id, 2);
  // By what follows: two more looks at least.
  const later = await launch(1, [{ metric: 'backlog_age_ms', above: 0, action: 'mark' }]);
  await met(later, 1);
  await worker.stop();

  expect(marked.map(({ details }) => [details?.above, details?.action])).toEqual([
    [30, 'mark'],
    [40, 'mark'],
  ]);
  expect((await told(batch_id)).length).toBe(2);
  expect(await stoppedAt(batch_id)).toBeNull();
  for (const { details } of marked) {
    expect(details?.value).toBeGreaterThan(40);
    expect(details?.value).toBeLessThan(99);
  }
  await pool.query(`update faultline.batch set status = 'CANCELED' where batch_id in ($1, $2)`, [batch_id, later]);
  await pool.query('delete from faultline.command');
});

test('the age of a backlog is that of its oldest ready command', async () => {
  // Only internal commands are handled: processes are created, and none begins.
  const worker = await lab.work({ domains: ['faultline'] });
  const other = await launch(5, []);
  const batch_id = await launch(5, [{ metric: 'backlog_age_ms', above: 800, action: 'abort' }]);
  const [condition] = await met(batch_id, 1);
  await worker.stop();
  const { created_at, age_ms } = (
    await pool.query(
      `select min(c.available_at) as created_at, extract(epoch from $2::timestamptz - min(c.available_at)) * 1000 as age_ms
       from faultline.command c where c.batch_id = $1 and c.domain = $3`,
      [batch_id, condition?.at, DOMAIN],
    )
  ).rows[0];
  expect(created_at).not.toBeNull();
  expect(condition?.details?.value).toBeGreaterThan(800);
  // It was looked at before it was written down; both are whole milliseconds.
  expect(condition?.details?.value).toBeLessThanOrEqual(Number(age_ms) + 2);
  expect(await stoppedAt(batch_id)).not.toBeNull();
  expect(await told(other)).toEqual([]);
});

test('two that abort are both told, and end injection once; while the kill switch stands they are looked at all the same', async () => {
  await stopChaos(pool, { actor: 'Ada' });
  const worker = await lab.work({ domains: ['faultline'] });
  const batch_id = await launch(2, [
    { metric: 'backlog_age_ms', above: 1, action: 'abort' },
    { metric: 'backlog_age_ms', above: 300, action: 'abort' },
  ]);
  await met(batch_id, 2);
  await worker.stop();
  await resumeChaos(pool, { actor: 'Ada' });
  const types = (await told(batch_id)).map(({ type }) => type);
  expect(types.toSorted()).toEqual(['INJECTION_STOPPED', 'STOP_CONDITION_MET', 'STOP_CONDITION_MET']);
});

test('a condition that several guards see is recorded once, and never for a batch that has ended', async () => {
  const batch_id = await launch(1, [{ metric: 'in_troubleshooting', above: 1_000, action: 'abort' }]);
  const mark = () => withTx(pool, (tx) => markConditionMetIfFirst(tx, batch_id, 0));
  const marked = await Promise.all(Array.from({ length: 8 }, mark));
  expect(marked.filter((first) => first)).toHaveLength(1);
  await pool.query(`update faultline.batch set conditions_met = '{}', status = 'COMPLETED' where batch_id = $1`, [
    batch_id,
  ]);
  expect(await mark()).toBe(false);
});

test('summarizing attempts does not wait for a lock of the table, and the guard continues', async () => {
  await withTx(pool, async (tx) => {
    await tx.query('lock table faultline.attempt in share update exclusive mode');
    await summarizeAttempts(pool);
  });
  await summarizeAttempts(pool);
});

test('fewer than 20 attempts tell nothing of a rate', () => {
  expect(errorPct({ attempts: 19, failed: 19 })).toBeNull();
  expect(errorPct({ attempts: 20, failed: 19 })).toBe(95);
  expect(errorPct({ attempts: 30_000, failed: 10_000 })).toBe(33.33);
});

test('handlers that hold every connection of the application keep the guard from nothing, and are no outage', {
  timeout: 60_000,
}, async () => {
  const { context } = lab.service;
  const held = await Promise.all(Array.from({ length: context.pool.options.max }, () => context.pool.connect()));
  try {
    // A timeout of the pool says nothing about the database.
    context.pool.options.connectionTimeoutMillis = 50;
    const waited = await context.pool.query('select 1').catch((error) => error);
    expect(waited.message).toContain('timeout exceeded');
    bus.databaseHealth.reportError(waited, {}, 'a statement of the application failed');
    expect(bus.databaseHealth.awayAgoMs()).not.toBe(0);
    const batch_id = await launch(30, [{ metric: 'in_troubleshooting', above: 2, action: 'mark' }], {
      fail_permanent_pct: 100,
    });
    const worker = await lab.work({ slots: 3 });
    await met(batch_id, 1);
    await worker.stop();
    expect(await one(`select count(*) from faultline.event where type = 'DATABASE_AWAY'`)).toBe(0);
  } finally {
    for (const client of held) client.release();
  }
});

test('an experiment with nulls asks for nothing, and does not affect other batches', async () => {
  const request = { definition: assembly, count: 1, input: {}, policy: { max_attempts: 1 } };
  const experiment = { hypothesis: 'nothing is asked', stop_conditions: null, turbulence: null };
  const { batch_id } = await launchBatch(bus, { ...request, experiment });
  const other = {
    stop_conditions: [{ metric: 'in_troubleshooting', above: 1 }],
    turbulence: { kill_worker_every_ms: 1_000 },
  };
  const asking = (await launchBatch(bus, { ...request, experiment: other })).batch_id;
  const guarded = (await readGuardedBatches(pool)).map((batch) => batch.batch_id);
  const turbulent = (await readTurbulentBatches(pool, ['kill_worker'])).map((batch) => batch.batch_id);
  for (const found of [guarded, turbulent]) {
    expect(found).toContain(asking);
    expect(found).not.toContain(batch_id);
  }
  expect(await withTx(pool, (tx) => lockIfTurbulenceMayRun(tx, batch_id))).toBe(false);
  // The guard relies on the stored form: without nulls, with the default action.
  expect((await readBatch(pool, batch_id))?.experiment).toEqual({ hypothesis: 'nothing is asked' });
  expect((await readBatch(pool, asking))?.experiment).toEqual({
    stop_conditions: [{ metric: 'in_troubleshooting', above: 1, action: 'abort' }],
    turbulence: { kill_worker_every_ms: 1_000 },
  });
});
