// Interrupted, operated, changed and stopped: what happened is replayed exactly, on a process that branches and loops and knows
// nothing of chaos. Every choice hangs on the seed.

import { expect, test } from 'vitest';
import { cancelCommand, completeCommand, retryCommand } from '../../src/bus/troubleshooting.ts';
import { changeBehavior, stopInjection } from '../../src/chaos/behavior-changes.ts';
import { resumeChaos, stopChaos } from '../../src/chaos/kill-switch.ts';
import { expireWorkerLeases } from '../../src/db/queries/claims.ts';
import { WrongStateError } from '../../src/model/errors.ts';
import { cancelBatch } from '../../src/process/cancel.ts';
import { cancelProcess } from '../../src/process/cancel-process.ts';
import { createDraw, SEED } from '../support/random.ts';
import { until } from '../support/until.ts';
import { openVerdictLab } from './lab.ts';
import { onboarding, onboardingApplication } from './onboarding.ts';

const STEPS = onboarding.steps.map(({ key }) => key);
const each = {
  fail_permanent_pct: 3,
  fail_transient_pct: 12,
  fail_business_rule_pct: 2,
  timeout_pct: 2,
  crash_pct: 1,
  connection_lost_pct: 2,
  lost_ack_pct: 2,
  duplicate_pct: 4,
  corrupt_reply_pct: 3,
  max_duration_ms: 15,
};
const behavior = Object.fromEntries(STEPS.map((key) => [key, each]));

const lab = await openVerdictLab({ application: () => onboardingApplication });
const { pool } = lab.database;
const { bus } = lab.service;
const seed = String(SEED);

const ignoreRace = (error: unknown) => {
  if (!(error instanceof WrongStateError)) throw error;
};

/** One round of an operator over what waits for one; returns how many there were. */
async function operate(batch_id: string, draw: () => number): Promise<number> {
  const { rows } = await pool.query<{ process_id: string; command_id: string }>(
    `select process_id, awaiting_command_id as command_id from faultline.process where batch_id = $1 and status = 'WAITING_FOR_TSQ'`,
    [batch_id],
  );
  const by = { actor: 'ann', reason: 'to see' };
  for (const { process_id, command_id } of rows) {
    const drawn = draw();
    if (drawn < 0.6) await retryCommand(bus, command_id, by).catch(ignoreRace);
    else if (drawn < 0.75)
      await completeCommand(bus, command_id, by, { score: 7, account: 'by hand' }).catch(ignoreRace);
    else if (drawn < 0.9) await cancelCommand(bus, command_id, by).catch(ignoreRace);
    else await cancelProcess(bus, process_id, by, { compensate: drawn < 0.95 }).catch(ignoreRace);
  }
  return rows.length;
}

test('interruptions and verbs are replayed, so that the verdict is exact', { timeout: 180_000 }, async () => {
  const draw = createDraw();
  const workers = [await lab.work({ slots: 40 }), await lab.work({ slots: 40 })];
  const batch_id = await lab.launch({
    definition: onboarding,
    input: { country: 'NL' },
    count: 400,
    seed,
    behavior,
    policy: { max_attempts: 3, backoff_ms: [0, 30], lease_ms: 1_500 },
  });
  const seen = async () => {
    const { rows } = await pool.query(
      `select count(*) filter (where outcome = 'lease_expired' and fault is null)::int as interrupted, count(distinct fault)::int as faults
       from faultline.attempt where batch_id = $1`,
      [batch_id],
    );
    return rows[0];
  };
  await until(
    'the batch rests and nothing waits for an operator',
    async () => {
      // Now and then a worker loses all it holds, as if it had been killed; until that has met something under way, each time.
      if (draw() < 0.3 || (await seen()).interrupted === 0)
        await expireWorkerLeases(pool, workers[draw() < 0.5 ? 0 : 1]?.worker_id ?? '');
      const waiting = await operate(batch_id, draw);
      const { rows } = await pool.query('select status from faultline.batch where batch_id = $1', [batch_id]);
      return waiting === 0 && /^COMPLETED/.test(rows[0]?.status);
    },
    { deadline_ms: 150_000, every_ms: 150 },
  );
  const { interrupted, faults } = await seen();
  expect(interrupted, 'something was interrupted').toBeGreaterThan(0);
  expect(faults, 'every kind of fault').toBe(9);
  const { verdict, details, skipped } = await lab.verify(batch_id);
  expect({ seed, verdict, details }).toEqual({ seed, verdict: 'pass', details: [] });
  expect(skipped.as_predicted).toMatch(/operated.*depends on replies/);
});

test('what was changed, stopped and cancelled under way is replayed too', { timeout: 120_000 }, async () => {
  const by = { actor: 'ann', reason: 'to see' };
  await lab.work({ slots: 10 });
  const launch = {
    definition: onboarding,
    input: { country: 'NL' },
    seed,
    policy: { max_attempts: 60, backoff_ms: [0], lease_ms: 1_500 },
  };
  const flaky = Object.fromEntries(STEPS.map((key) => [key, { fail_transient_pct: 40, min_duration_ms: 5 }]));
  const attempted = (batch_id: string) =>
    until(
      'some of it was attempted',
      async () => {
        const { rows } = await pool.query(
          `select count(*)::int as n from faultline.attempt where batch_id = $1 and purpose = 'step'`,
          [batch_id],
        );
        return rows[0].n > 20;
      },
      { deadline_ms: 60_000 },
    );
  // One after the other: later steps go first, so a batch that comes second would wait for the first.
  const changed = await lab.launch({ ...launch, count: 300, behavior: flaky });
  await attempted(changed);
  await changeBehavior(
    lab.service,
    changed,
    { score: { fail_transient_pct: 90 }, welcome: { duplicate_pct: 100 } },
    by,
  );
  await lab.untilRest(changed);
  const stopped = await lab.launch({ ...launch, count: 300, behavior: flaky });
  await attempted(stopped);
  await stopInjection(pool, stopped, by);
  const scoped = await lab.launch({ ...launch, count: 300, behavior: flaky, experiment: { scope_pct: 40 } });
  await attempted(scoped);
  await stopChaos(pool, by);
  await lab.untilRest(scoped);
  await resumeChaos(pool, by);
  const canceled = await lab.launch({ ...launch, count: 300, behavior: flaky });
  await attempted(canceled);
  await cancelBatch(bus, canceled, by);
  for (const batch_id of [changed, scoped, stopped, canceled]) await lab.untilRest(batch_id);
  for (const batch_id of [changed, scoped, stopped, canceled]) {
    const { verdict, details } = await lab.verify(batch_id);
    expect({ seed, verdict, details }).toEqual({ seed, verdict: 'pass', details: [] });
  }
  const { rows } = await pool.query(
    `select (select count(*)::int from e2e.test_command where suppressed is not null) as suppressed,
       (select count(*)::int from faultline.attempt where batch_id = $1 and fault = 'duplicate') as doubled,
       (select count(*)::int from faultline.process where batch_id = $2 and state ? 'behavior') as in_scope`,
    [changed, scoped],
  );
  expect(rows[0].suppressed).toBeGreaterThan(0);
  expect(rows[0].doubled).toBeGreaterThan(0);
  expect(rows[0].in_scope).toBeGreaterThan(60);
  expect(rows[0].in_scope).toBeLessThan(180);
});
