// The behavior of a batch changed under way: steps sent afterwards take the newest, what was launched stays in the states,
// and what stands beside each command is one of the versions, so that it can be replayed.

import { isDeepStrictEqual } from 'node:util';
import { expect, test, vi } from 'vitest';
import { changeBehavior } from '../../src/chaos/behavior-changes.ts';
import { BehaviorOverrides } from '../../src/chaos/behavior-overrides.ts';
import { inScope } from '../../src/chaos/experiment.ts';
import { readBehaviorVersions } from '../../src/chaos/queries/lab-control.ts';
import { withTx } from '../../src/db/pool.ts';
import { createEnv, silentLogger } from '../../src/model/env.ts';
import { launchBatch } from '../../src/process/launch.ts';
import type { LaunchRequest } from '../../src/process/launch-check.ts';
import { until } from '../support/until.ts';
import { assembly, openLab } from './lab.ts';

let ahead_ms = 0;
const lab = await openLab({ env: createEnv(silentLogger, { monotonicMs: () => performance.now() + ahead_ms }) });
const { bus } = lab.service;
const { pool } = lab.database;
const ada = { actor: 'Ada', reason: 'too gentle' };

type Behavior = Record<string, Record<string, unknown>> | null;

async function launch(count: number, request: Partial<LaunchRequest> = {}): Promise<string> {
  const policy = { max_attempts: 2, backoff_ms: [0], lease_ms: 30_000 };
  const all = { definition: assembly, count, input: {}, seed: 'changed', policy, ...request };
  return (await launchBatch(bus, all)).batch_id;
}

const completed = (batch_id: string, at_least: number) =>
  until(
    `${at_least} processes are completed`,
    async () => {
      const { rows } = await pool.query(
        `select count(*)::int as count from faultline.process where batch_id = $1 and status = 'COMPLETED'`,
        [batch_id],
      );
      return rows[0].count >= at_least;
    },
    { deadline_ms: 60_000 },
  );

interface Sent {
  ordinal: number;
  step: string;
  sent_at: Date;
  annotated: boolean;
  behavior: object | null;
  state_behavior: object | null;
}

async function sentOf(batch_id: string): Promise<Sent[]> {
  const { rows } = await pool.query<Sent & Record<string, unknown>>(
    `select p.ordinal, c.step, c.created_at as sent_at, c.annotated, t.behavior, p.state -> 'behavior' as state_behavior
     from faultline.command c join faultline.process p on p.process_id = c.process_id
       left join e2e.test_command t on t.command_id = c.command_id
     where c.batch_id = $1 and c.purpose = 'step' order by c.created_at`,
    [batch_id],
  );
  return rows;
}

test('with 2,000 processes under way each step has the part of one version, and a second later the newest', {
  timeout: 90_000,
}, async () => {
  const launched = { cut: { min_duration_ms: 20 }, weld: { min_duration_ms: 21, error_code: 'V0' } };
  const first = { cut: { min_duration_ms: 10 }, weld: { min_duration_ms: 11 }, paint: { min_duration_ms: 12 } };
  const second = { weld: { min_duration_ms: 1, error_code: 'V2' } };
  const scope_pct = 70;
  const batch_id = await launch(2_000, { behavior: launched, experiment: { scope_pct } });
  const worker = await lab.work({ slots: 25 });
  await completed(batch_id, 100);
  await changeBehavior(lab.service, batch_id, first, ada);
  await completed(batch_id, 800);
  await changeBehavior(lab.service, batch_id, second, { actor: 'Grace' });
  await completed(batch_id, 2_000);
  await worker.stop();

  const versions: { at: Date; behavior: Behavior }[] = [
    { at: new Date(0), behavior: launched },
    ...((await readBehaviorVersions(pool, batch_id)) as { at: Date; behavior: Behavior }[]),
  ];
  expect(versions.map(({ behavior }) => behavior)).toEqual([launched, first, second]);
  const sent = await sentOf(batch_id);
  expect(sent).toHaveLength(6_000);
  const partOf = (version: number, step: string) => versions[version]?.behavior?.[step] ?? null;
  const newest = (at: Date) => versions.findLastIndex((version) => version.at <= at);

  const touched = sent.filter(({ ordinal }) => inScope(scope_pct, 'changed', ordinal));
  const untouched = sent.filter(({ ordinal }) => !inScope(scope_pct, 'changed', ordinal));
  expect(untouched.length).toBeGreaterThan(1_000);
  expect(untouched.filter(({ behavior, annotated }) => behavior !== null || annotated)).toEqual([]);
  // Which one: between what was newest when it was sent, and what was a second before.
  const wrong = touched.filter(({ step, sent_at, behavior }) => {
    const [oldest, last] = [newest(new Date(+sent_at - 1_000)), newest(sent_at)];
    return ![0, 1, 2].some((v) => v >= oldest && v <= last && isDeepStrictEqual(partOf(v, step), behavior));
  });
  expect(wrong).toEqual([]);
  const late = touched.filter(({ sent_at }) => newest(new Date(+sent_at - 1_000)) === 2);
  expect(late.length).toBeGreaterThan(100);
  expect(touched.every(({ state_behavior }) => isDeepStrictEqual(state_behavior, launched))).toBe(true);
  expect(touched.every(({ annotated, behavior }) => annotated === (behavior !== null))).toBe(true);
});

test('processes created after a change start with it, also where nothing was launched; null takes it away', async () => {
  const change = { cut: { min_duration_ms: 1 } };
  const none = await launch(40, { experiment: { scope_pct: 50 } });
  const some = await launch(40, { behavior: { cut: { min_duration_ms: 2 }, paint: { min_duration_ms: 3 } } });
  await changeBehavior(lab.service, none, change, ada);
  await changeBehavior(lab.service, some, null, ada);
  // What is known of an earlier change may be as old as half a second.
  ahead_ms += 1_000;
  const worker = await lab.work();
  await Promise.all([completed(none, 40), completed(some, 40)]);
  await worker.stop();

  const within = (ordinal: number) => inScope(50, 'changed', ordinal);
  for (const { ordinal, step, behavior, state_behavior } of await sentOf(none)) {
    expect([ordinal, step, behavior]).toEqual([ordinal, step, within(ordinal) && step === 'cut' ? change.cut : null]);
    expect(state_behavior).toBeNull();
  }
  for (const { behavior, annotated, state_behavior } of await sentOf(some)) {
    expect([behavior, annotated]).toEqual([null, false]);
    expect(state_behavior).not.toBeNull();
  }
});

test('of many who change it at once each has a version of his own, each told', async () => {
  const batch_id = await launch(1);
  const codes = Array.from({ length: 8 }, (_, n) => `E${n}`);
  const changed = await Promise.all(
    codes.map((error_code) => changeBehavior(lab.service, batch_id, { cut: { error_code } }, { actor: error_code })),
  );
  expect(changed.map(({ version }) => version).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  const versions = await readBehaviorVersions(pool, batch_id);
  for (const { version, actor, behavior } of versions) {
    expect(behavior).toEqual({ cut: { error_code: actor } });
    expect(changed.find((one) => one.version === version)?.actor).toBe(actor);
  }
  const { rows: events } = await pool.query(
    `select actor, details from faultline.event where batch_id = $1 and type = 'BEHAVIOR_CHANGED'`,
    [batch_id],
  );
  expect(events.map(({ actor, details }) => `${details.version} ${actor}`).sort()).toEqual(
    versions.map(({ version, actor }) => `${version} ${actor}`),
  );
});

test.each([
  ['has ended', `status = 'COMPLETED'`],
  ['is being cancelled', `status = 'CANCELING'`],
  ['was cancelled and is at rest', `status = 'AT_REST', cancel_requested_at = now()`],
  ['has no injection any more', 'injection_stopped_at = now()'],
])('of a batch that %s it cannot be changed', async (_state, set) => {
  const batch_id = await launch(1);
  await pool.query(`update faultline.batch set ${set} where batch_id = $1`, [batch_id]);
  await expect(changeBehavior(lab.service, batch_id, null, ada)).rejects.toMatchObject({ code: 'WRONG_STATE' });
  expect(await readBehaviorVersions(pool, batch_id)).toEqual([]);
});

test('what is known is read once in half a second, and only for steps of batches', async () => {
  let now_ms = 0;
  const newest = new BehaviorOverrides({ monotonicMs: () => now_ms });
  const step = { batch_id: await launch(1), purpose: 'step' as const };
  await withTx(bus.pool, async (tx) => {
    const query = vi.spyOn(tx, 'query');
    const look = async (...commands: Parameters<typeof newest.read>[1]) => (await newest.read(tx, commands)).size;
    await look(
      { batch_id: null, purpose: 'step' },
      { ...step, purpose: 'compensation' },
      { ...step, purpose: 'chunk' },
    );
    expect(query).toHaveBeenCalledTimes(0);
    for (now_ms = 0; now_ms < 500; now_ms += 100) await look(step);
    expect(query).toHaveBeenCalledTimes(1);
    const known = await look(step);
    expect(query).toHaveBeenCalledTimes(2);
    await changeBehavior(lab.service, step.batch_id, { cut: {} }, ada);
    now_ms += 499;
    expect(await look(step)).toBe(known);
    now_ms += 1;
    expect(await look(step)).toBe(known + 1);
  });
});
