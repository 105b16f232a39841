// The kill switch and injection ended for one batch: nothing is injected from the next claim on, what was held back is written
// down exactly, nothing in flight is lost, and injection that goes on has the rolls it would have had anyway.

import { afterEach, expect, onTestFinished, test } from 'vitest';
import type { CommandBehavior } from '../../src/chaos/behavior.ts';
import { stopInjection } from '../../src/chaos/behavior-changes.ts';
import { decide } from '../../src/chaos/decide.ts';
import { readKillSwitch, refuseWhileStopped, resumeChaos, stopChaos } from '../../src/chaos/kill-switch.ts';
import { createPool } from '../../src/db/pool.ts';
import { launchBatch } from '../../src/process/launch.ts';
import { emptyTables } from '../support/database.ts';
import { COMMIT, openNetwork } from '../support/network.ts';
import { until } from '../support/until.ts';
import { assembly, openLab, work } from './lab.ts';

const lab = await openLab();
const { bus } = lab.service;
const { pool } = lab.database;

afterEach(async () => {
  await resumeChaos(pool, { actor: 'the test' });
  await emptyTables(pool, 'faultline.event');
});

const BEHAVIOR = {
  cut: { fail_transient_pct: 30, timeout_pct: 2, min_duration_ms: 5, max_duration_ms: 15 },
  weld: { fail_transient_pct: 20, fail_business_rule_pct: 3 },
  paint: { fail_permanent_pct: 5, fail_transient_pct: 20 },
} satisfies Record<string, CommandBehavior>;

async function launch(count: number): Promise<string> {
  const policy = { max_attempts: 10, backoff_ms: [0], lease_ms: 2_000 };
  const request = { definition: assembly, count, input: {}, behavior: BEHAVIOR, seed: 'kill-switch', policy };
  return (await launchBatch(bus, request)).batch_id;
}

async function one<T>(text: string, ...values: unknown[]): Promise<T> {
  const { rows } = await pool.query(text, values);
  return Object.values(rows[0])[0] as T;
}

/** The database's clock. */
const clock = () => one<Date>('select clock_timestamp()');

const ended = (batch_id: string, at_least: number) =>
  until(`${at_least} attempts ended`, async () => {
    const count = await one<number>('select count(*) from faultline.attempt where batch_id = $1', batch_id);
    return count >= at_least;
  });

const suppressed = (batch_id: string) =>
  one<number>(
    `select coalesce(sum(cardinality(t.suppressed)), 0)
     from faultline.command c join e2e.test_command t using (command_id, lane) where c.batch_id = $1`,
    batch_id,
  );

const atRest = (batch_id: string) =>
  until(
    'every process ended or waits for an operator',
    async () =>
      (await one<number>(
        `select count(*) from faultline.process
         where batch_id = $1 and status not in ('WAITING_FOR_REPLY', 'COMPENSATING')`,
        batch_id,
      )) === (await one<number>('select total_count from faultline.batch where batch_id = $1', batch_id)),
    { deadline_ms: 45_000 },
  );

interface Attempt {
  ordinal: number;
  step: 'cut' | 'weld' | 'paint';
  attempt: number;
  outcome: string;
  fault: string | null;
  started_at: Date;
  ended_at: Date;
  held_back: boolean;
}

async function attemptsOf(batch_id: string): Promise<Attempt[]> {
  const { rows } = await pool.query<Attempt & Record<string, unknown>>(
    `select p.ordinal, a.step, a.attempt, a.outcome, a.fault, a.started_at, a.ended_at,
       coalesce(a.attempt = any(t.suppressed), false) as held_back
     from faultline.attempt a join faultline.process p on p.process_id = a.process_id
       join e2e.test_command t on t.command_id = a.command_id
     where a.batch_id = $1 and a.purpose = 'step'`,
    [batch_id],
  );
  return rows;
}

/** What each attempt came to is what its roll said, or nothing where it was held back; and no attempt is missing. */
async function expectAccountedFor(batch_id: string): Promise<Attempt[]> {
  const attempts = await attemptsOf(batch_id);
  const wrong = attempts.filter(({ ordinal, step, attempt, fault, outcome, held_back }) => {
    const { kind } = decide(BEHAVIOR[step], { seed: 'kill-switch', key: ordinal, step, attempt });
    return held_back ? fault !== null || outcome !== 'success' : fault !== (kind === 'none' ? null : kind);
  });
  expect(wrong).toEqual([]);
  expect(await suppressed(batch_id)).toBe(attempts.filter(({ held_back }) => held_back).length);
  const gaps = await one<number>(
    `select count(*) from faultline.command c where c.batch_id = $1 and c.attempts <> (
       select count(*) from faultline.attempt a where a.command_id = c.command_id)`,
    batch_id,
  );
  expect(gaps).toBe(0);
  return attempts;
}

const eventsOf = async () => {
  const { rows } = await pool.query('select type, batch_id, actor, reason from faultline.event order by event_id');
  return rows.filter(({ type }) => /CHAOS|INJECTION/.test(type));
};

test('while it stands nothing is injected; what goes on after it goes on with the same rolls', {
  timeout: 90_000,
}, async () => {
  const worker = await lab.work({ slots: 20 });
  const batch_id = await launch(400);
  await ended(batch_id, 150);

  const killSwitch = await stopChaos(pool, { actor: 'Ada', reason: 'the pager went off' });
  const stopped = await clock();
  expect(killSwitch).toEqual({ stopped: true, at: expect.any(Date), actor: 'Ada', reason: 'the pager went off' });
  await until('100 attempts are held back', async () => (await suppressed(batch_id)) >= 100);
  const resuming = await clock();
  const resumed = await resumeChaos(pool, { actor: 'Grace' });
  expect(resumed).toEqual({ stopped: false, at: null, actor: null, reason: null });

  await atRest(batch_id);
  await worker.stop();
  const attempts = await expectAccountedFor(batch_id);
  const between = attempts.filter(({ started_at, ended_at }) => started_at > stopped && ended_at < resuming);
  expect(between.length).toBeGreaterThan(50);
  expect(between.filter(({ held_back }) => !held_back)).toEqual([]);
  expect(attempts.filter(({ fault, started_at }) => fault !== null && started_at > resuming).length).toBeGreaterThan(5);
  expect(attempts.filter(({ held_back, ended_at }) => held_back && ended_at < (killSwitch.at as Date))).toEqual([]);
  expect(await eventsOf()).toEqual([
    { type: 'CHAOS_STOPPED', batch_id: null, actor: 'Ada', reason: 'the pager went off' },
    { type: 'CHAOS_RESUMED', batch_id: null, actor: 'Grace', reason: null },
  ]);
});

test('injection ended for one batch goes on in another', { timeout: 90_000 }, async () => {
  const [ends, goesOn] = [await launch(150), await launch(150)];
  const worker = await lab.work({ slots: 20 });
  await ended(ends, 40);
  await stopInjection(pool, ends, { actor: 'Ada' });
  const stopped = await clock();
  await Promise.all([atRest(ends), atRest(goesOn)]);
  await worker.stop();

  const attempts = await expectAccountedFor(ends);
  const after = attempts.filter(({ started_at }) => started_at > stopped);
  expect(after.length).toBeGreaterThan(50);
  expect(after.filter(({ held_back }) => !held_back)).toEqual([]);
  expect((await expectAccountedFor(goesOn)).filter(({ held_back }) => held_back)).toEqual([]);
  expect(await eventsOf()).toEqual([{ type: 'INJECTION_STOPPED', batch_id: ends, actor: 'Ada', reason: null }]);
});

test.each(['is away', 'is lost in the middle', 'is lost before its answer'])(
  'pulled while the database %s, it gets through when it is back, and is written down once',
  async (how) => {
    const network = await openNetwork(lab.database.url);
    const far = createPool(network.url, { application_name: 'far' });
    onTestFinished(() => far.end());
    const lost = {
      'is away': async () => network.down(),
      'is lost in the middle': () => network.loseMessage('CHAOS_STOPPED'),
      'is lost before its answer': () => network.loseAnswerTo(COMMIT),
    }[how];
    const losing = lost?.();
    const pulling = stopChaos(far, { actor: 'Ada' });
    if (how === 'is away') await until('it was refused', () => network.refused() > 1);
    await losing;
    network.up();
    expect(await pulling).toMatchObject({ stopped: true, actor: 'Ada' });
    expect(await readKillSwitch(pool)).toMatchObject({ stopped: true, actor: 'Ada' });
    expect((await eventsOf()).map(({ type }) => type)).toEqual(['CHAOS_STOPPED']);
  },
);

test('what is refused for another reason is refused at once', async () => {
  const missing = '019a0000-0000-7000-8000-00000000dead';
  await expect(stopInjection(pool, missing, { actor: 'Ada' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a standalone command is held back too: no fault, no delay, no response of its own', async () => {
  await stopChaos(pool, { actor: 'Ada' });
  const behavior = {
    fail_transient_pct: 100,
    min_duration_ms: 60_000,
    send_response: true,
    response_data: { from: 'chaos' },
  };
  const command = work(behavior);
  await lab.send(command);
  const worker = await lab.work();
  const settled = await until('it is settled', async () => {
    const { rows } = await pool.query('select * from faultline.command where command_id = $1', [command.command_id]);
    return rows[0]?.status === 'COMPLETED' && rows[0];
  });
  await worker.stop();
  expect(settled).toMatchObject({ attempts: 1, fault: null, result: { n: 1 } });
  expect(await one('select suppressed from e2e.test_command where command_id = $1', command.command_id)).toEqual([1]);
});

test('an attempt that cannot be written down as held back does not run', async () => {
  await pool.query(`
    create function refuse() returns trigger language plpgsql as $$ begin raise exception 'not now'; end $$;
    create trigger refuse before update on e2e.test_command for each row execute function refuse()`);
  await stopChaos(pool, { actor: 'Ada' });
  const command = work({ fail_permanent_pct: 100 });
  await lab.send(command);
  const worker = await lab.work();
  const outcomes = async () => {
    const { rows } = await pool.query<{ outcome: string }>(
      'select outcome from faultline.attempt where command_id = $1 order by attempt',
      [command.command_id],
    );
    return rows.map(({ outcome }) => outcome);
  };
  await until('it was given back', async () => (await outcomes()).length > 0);
  expect(lab.handled.has(command.command_id)).toBe(false);

  await pool.query('drop trigger refuse on e2e.test_command');
  await until('it succeeded', async () => (await outcomes()).at(-1) === 'success');
  await worker.stop();
  const all = await outcomes();
  expect(all.slice(0, -1).every((outcome) => outcome === 'released')).toBe(true);
  const written = await one('select suppressed from e2e.test_command where command_id = $1', command.command_id);
  expect(written).toEqual([all.length]);
});

test('of ten operators who pull it one is recorded, and all are told of him; the same when they put it back', async () => {
  const names = Array.from({ length: 10 }, (_, n) => `operator ${n}`);
  const pulled = await Promise.all(names.map((actor) => stopChaos(pool, { actor, reason: `said ${actor}` })));
  expect(new Set(pulled.map(({ actor }) => actor)).size).toBe(1);
  expect(pulled.every(({ stopped }) => stopped)).toBe(true);
  expect(await eventsOf()).toMatchObject([{ type: 'CHAOS_STOPPED', actor: pulled[0]?.actor }]);
  expect(await readKillSwitch(pool)).toEqual(pulled[0]);

  const back = await Promise.all(names.map((actor) => resumeChaos(pool, { actor })));
  expect(back.every(({ stopped }) => !stopped)).toBe(true);
  expect((await eventsOf()).map(({ type }) => type)).toEqual(['CHAOS_STOPPED', 'CHAOS_RESUMED']);
});

test('of ten operators who end injection into a batch one does, and the others are refused', async () => {
  const batch_id = await launch(1);
  const all = await Promise.allSettled(
    Array.from({ length: 10 }, (_, n) => stopInjection(pool, batch_id, { actor: `operator ${n}` })),
  );
  const refused = all.filter((one) => one.status === 'rejected').map((one) => one.reason.code);
  expect(refused).toEqual(Array(9).fill('WRONG_STATE'));
  expect(await eventsOf()).toHaveLength(1);
});

test('while it stands turbulence is refused like a behavior; a scope or a condition asks for no chaos', async () => {
  const refused = { code: 'CHAOS_STOPPED' };
  const turbulence = { kill_worker_every_ms: 1_000 };
  await expect(refuseWhileStopped(pool, [{ experiment: { turbulence } }])).resolves.toBeUndefined();
  await stopChaos(pool, { actor: 'Ada' });
  await expect(refuseWhileStopped(pool, [{}, { experiment: { turbulence } }])).rejects.toMatchObject(refused);
  await expect(refuseWhileStopped(pool, [{ behavior: { cut: {} } }])).rejects.toMatchObject(refused);
  const experiment = { scope_pct: 5, stop_conditions: [], turbulence: null };
  await expect(refuseWhileStopped(pool, [{ behavior: null, experiment }])).resolves.toBeUndefined();
});
