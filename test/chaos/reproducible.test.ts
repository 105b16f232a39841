// The same seed gives the same faults, process by process and attempt by attempt, with any workers.

import { expect, test } from 'vitest';
import type { ProcessBehavior } from '../../src/chaos/behavior.ts';
import { decide } from '../../src/chaos/decide.ts';
import { launchBatch } from '../../src/process/launch.ts';
import { until } from '../support/until.ts';
import { assembly, type Lab, openLab } from './lab.ts';

const COUNT = 120;
const SEED = 'reproducible-1';
const behavior: ProcessBehavior = {
  cut: { fail_transient_pct: 25, fail_business_rule_pct: 5, max_duration_ms: 20 },
  weld: { fail_permanent_pct: 5, timeout_pct: 8, error_code: 'ARC_LOST' },
  paint: { fail_permanent_pct: 3, fail_transient_pct: 10, fail_business_rule_pct: 15, min_duration_ms: 2 },
};
// Long enough that a busy machine loses no lease by itself: that would be an interruption, and change an outcome.
const policy = { max_attempts: 3, backoff_ms: [0, 20], lease_ms: 2000 };

interface Outcome {
  ordinal: number;
  status: string;
  error_code: string | null;
  path: string[];
  attempts: {
    purpose: string;
    step: string;
    attempt: number;
    outcome: string;
    effect: string;
    error_code: string;
    fault: string | null;
  }[];
}

/** Runs the batch to rest with this many workers; returns what became of each process, by ordinal. */
async function runBatch(lab: Lab, seed: string, workers: number): Promise<Outcome[]> {
  const { bus } = lab.service;
  const { pool } = lab.database;
  const { batch_id } = await launchBatch(bus, {
    definition: assembly,
    count: COUNT,
    input: {},
    behavior,
    seed,
    policy,
  });
  const running = await Promise.all(Array.from({ length: workers }, () => lab.work({ slots: 20 })));
  const done = async () => {
    const { rows } = await pool.query('select status from faultline.batch where batch_id = $1', [batch_id]);
    return rows[0]?.status !== 'CREATING' && rows[0]?.status !== 'RUNNING';
  };
  await until('the batch is at rest', done, { deadline_ms: 60_000, every_ms: 100 });
  await Promise.all(running.map((worker) => worker.stop()));

  const { rows } = await pool.query<Outcome & Record<string, unknown>>(
    `select p.ordinal, p.status, p.error_code, p.path, jsonb_agg(jsonb_build_object('purpose', a.purpose, 'step', a.step,
         'attempt', a.attempt, 'outcome', a.outcome, 'effect', a.effect, 'error_code', a.error_code, 'fault', a.fault)
         order by array_position(p.command_ids, a.command_id), a.attempt) as attempts
     from faultline.process p join faultline.attempt a on a.process_id = p.process_id
     where p.batch_id = $1 group by p.process_id, p.lane order by p.ordinal`,
    [batch_id],
  );
  expect(rows).toHaveLength(COUNT);
  const worked = await pool.query<{ worker_id: string }>(
    'select distinct worker_id from faultline.attempt where batch_id = $1',
    [batch_id],
  );
  expect(worked.rows.length > 1, 'more than one worker had a share').toBe(workers > 1);
  return rows;
}

test('with one worker and with four', { timeout: 150_000 }, async () => {
  const [alone, together] = await Promise.all([openLab(), openLab()]);
  const one = await runBatch(alone, SEED, 1);
  const four = await runBatch(together, SEED, 4);
  const interrupted = [...one, ...four].flatMap(({ attempts }) =>
    attempts.filter(({ outcome, fault }) => /released|lease_expired/.test(outcome) && fault === null),
  );
  expect(interrupted, 'attempts terminated by no fault of chaos: the machine was too busy').toEqual([]);
  expect(four, `seed ${SEED}`).toEqual(one);

  // Every kind of fault took part, and each attempt is as its roll said.
  const attempts = one.flatMap(({ ordinal, attempts: list }) => list.map((attempt) => ({ ordinal, ...attempt })));
  expect(new Set(attempts.map(({ fault }) => fault))).toEqual(
    new Set([null, 'permanent', 'transient', 'business_rule', 'timeout']),
  );
  for (const { ordinal, purpose, step, attempt, fault } of attempts) {
    const { kind } = decide(behavior[step] ?? {}, { seed: SEED, key: ordinal, step, attempt });
    expect(fault ?? 'none', `${ordinal}:${step}:${attempt}`).toBe(purpose === 'step' ? kind : 'none');
  }

  // Another seed would have drawn otherwise.
  const redrawn = attempts.map(({ ordinal, step, attempt }) =>
    decide(behavior[step] ?? {}, { seed: 'reproducible-2', key: ordinal, step, attempt }),
  );
  expect(redrawn.map(({ kind }) => kind)).not.toEqual(attempts.map(({ fault }) => fault ?? 'none'));
});
