// The report of a batch over HTTP: what is predicted, injected and observed agree; latencies, recovery, stops and operators are there.
// Its rows come from real workers; what takes too long or a supervisor to happen is written beside them.

import { expect, test } from 'vitest';
import type { Report } from '../../src/http/contract.ts';
import { reportSchema } from '../../src/http/contract.ts';
import { openLab } from './lab.ts';

const lab = await openLab();
const { pool } = lab.database;
await lab.work();

const POLICY = { retry: { max_attempts: 3, backoff_ms: [1] }, lease_ms: 2_000 };
const read = async (batch_id: string): Promise<Report> => {
  const answer = await lab.get(`/process-batches/${batch_id}/report`);
  expect(answer.statusCode).toBe(200);
  return reportSchema.parse(answer.json());
};
const event = (batch_id: string | null, type: string, after_ms: number, details: object, more: object = {}) =>
  pool.query(
    `insert into faultline.event (lane, type, batch_id, at, details, actor, reason)
     select 0, $2, $1, b.created_at + $3 * interval '1 ms', $4, $5, $6 from faultline.batch b where b.batch_id = $7`,
    [batch_id, type, after_ms, details, ...['actor', 'reason'].map((key) => (more as never)[key] ?? null), batch_id],
  );

test('what was predicted is what was injected and observed, step by step', async () => {
  const batch_id = await lab.launch({
    count: 40,
    name: 'Payday',
    seed: 'report-1',
    behavior: {
      query: { fail_transient_pct: 30, timeout_pct: 5 },
      aggregation: { fail_permanent_pct: 10 },
      render: { fail_business_rule_pct: 25 },
    },
    experiment: { hypothesis: 'Nothing is lost.', scope_pct: 80 },
    ...POLICY,
  });
  await lab.atRest(batch_id);
  const report = await read(batch_id);
  expect(report).toMatchObject({
    batch_id,
    name: 'Payday',
    hypothesis: 'Nothing is lost.',
    verdict: 'pass',
    status: 'AT_REST',
    predicted_note: null,
    operator_verbs: 0,
    turbulence: [],
    stops: [],
    settings: {
      seed: 'report-1',
      total_count: 40,
      process_type: 'StatementReport',
      behavior_versions: [],
      lease_ms: 2_000,
    },
  });
  const { predicted, processes, steps } = report;
  expect(predicted).toMatchObject({ exact: true, seed: 'report-1' });
  expect({
    completed: processes.COMPLETED,
    compensated: processes.COMPENSATED,
    failed: processes.FAILED,
    in_troubleshooting: processes.WAITING_FOR_TSQ,
    attempts: steps.reduce((sum, { observed }) => sum + observed.attempts, 0),
  }).toEqual(predicted?.expected);
  expect(steps.map(({ step }) => step)).toEqual(['query', 'aggregation', 'render']);
  for (const step of steps) {
    const { injected, ...observed } = step.observed;
    const { injected: predicted, ...expected } = step.predicted as NonNullable<typeof step.predicted>;
    expect(observed, step.step).toEqual(expected);
    expect(injected, step.step).toEqual(Object.fromEntries(Object.entries(predicted).filter(([, hits]) => hits > 0)));
    expect(step.real_failures).toBe(0);
    const { p50, p95, p99, max } = step.latency_ms;
    const sorted = [p50, p95, p99, max];
    expect(sorted).toEqual([...sorted].sort((a, b) => Number(a) - Number(b)));
    expect(p50).toBeGreaterThan(0);
  }
  expect(report.checks.length).toBeGreaterThan(5);
  expect(report.duration_ms).toBeGreaterThan(0);
  expect(report.compensations).toBeGreaterThan(0);
});

test('the percentiles are those of the successful attempts of a step, all visits together', async () => {
  const batch_id = await lab.launch({ count: 1 });
  await lab.atRest(batch_id);
  const { rows } = await pool.query(
    `select command_id, claim_id, started_at from faultline.attempt where batch_id = $1 and step = 'render'`,
    [batch_id],
  );
  await pool.query(`delete from faultline.attempt where batch_id = $1 and step = 'render'`, [batch_id]);
  for (const [attempt, ms] of [10, 20, 30, 40, 1_000].entries()) {
    await pool.query(
      `insert into faultline.attempt (command_id, lane, attempt, claim_id, started_at, ended_at, outcome, effect, batch_id, purpose, step)
       values ($1, 0, $2, $3, $4::timestamptz, $4::timestamptz + $5 * interval '1 ms', $6, 'COMPLETED', $7, 'step', $8)`,
      [
        rows[0].command_id,
        attempt + 1,
        rows[0].claim_id,
        rows[0].started_at,
        ms,
        ms === 1_000 ? 'transient' : 'success',
        batch_id,
        attempt === 0 ? 'render' : `render#${attempt + 1}`,
      ],
    );
  }
  const { steps } = await read(batch_id);
  const render = steps.find(({ step }) => step === 'render');
  expect(render?.latency_ms.p50).toBeCloseTo(25);
  expect(render?.latency_ms.p95).toBeCloseTo(38.5);
  expect(render?.latency_ms.max).toBeCloseTo(40);
  expect(render).toMatchObject({ real_failures: 1, observed: { attempts: 5, success: 4, transient: 1 } });
});

test('counts the real failures that the check counts: no business rule, no turbulence, nothing requested', async () => {
  const batch_id = await lab.launch({ count: 8 });
  await lab.atRest(batch_id);
  await event(batch_id, 'TURBULENCE', 3_600_000, { kind: 'kill_worker', nth: 1 });
  const { rows } = await pool.query(
    `select command_id from faultline.attempt where batch_id = $1 and step = 'render'`,
    [batch_id],
  );
  const ended = { outcome: 'transient', effect: 'RETRY', minutes: 0, fault: null as string | null, error_code: 'E' };
  // One for each process.
  const attempts: Partial<typeof ended>[] = [
    {},
    { outcome: 'permanent', effect: 'TSQ' },
    { outcome: 'business_rule', effect: 'FAILED' },
    { outcome: 'released', effect: 'RELEASED' },
    { outcome: 'released', effect: 'RELEASED', error_code: 'NO_HANDLER' },
    { outcome: 'lease_expired' },
    { outcome: 'transient', fault: 'transient' },
    // While a worker was killed.
    { minutes: 60 },
  ];
  // The batch, and so its report, is taken to go on until after that.
  await pool.query(`update faultline.batch set completed_at = completed_at + interval '2 hours' where batch_id = $1`, [
    batch_id,
  ]);
  for (const [index, attempt] of attempts.entries()) {
    const { outcome, effect, minutes, fault, error_code } = { ...ended, ...attempt };
    await pool.query(
      `insert into faultline.attempt (command_id, lane, attempt, claim_id, started_at, ended_at, outcome, effect, batch_id, purpose, step,
         process_id, fault, error_code)
       select command_id, lane, $2, claim_id, started_at + $3 * interval '1 minute', ended_at + $3 * interval '1 minute', $4, $5, batch_id,
         purpose, step, process_id, $6, $7 from faultline.attempt where command_id = $1 and attempt = 1`,
      [rows[index].command_id, 2, minutes, outcome, effect, fault, error_code],
    );
  }
  await lab.post(`/process-batches/${batch_id}/verdict`);
  const { steps, checks } = await read(batch_id);
  expect(checks.find(({ name }) => name === 'no_real_failures')).toMatchObject({ status: 'fail', violations: 3 });
  expect(steps.find(({ step }) => step === 'render')).toMatchObject({ real_failures: 3, observed: { interrupted: 3 } });
  expect(steps.map(({ real_failures }) => real_failures)).toEqual([0, 0, 3]);
});

test('recovery is the time from a turbulence to the next success of the batch; none where nothing followed', async () => {
  const batch_id = await lab.launch({ count: 2 });
  const other = await lab.launch({ count: 1 });
  await lab.atRest(batch_id);
  await lab.atRest(other);
  await pool.query(
    `update faultline.attempt a set started_at = b.created_at + case a.step when 'query' then 60 when 'aggregation' then 110 else 860 end * interval '1 ms',
       ended_at = b.created_at + case a.step when 'query' then 100 when 'aggregation' then 410 else 900 end * interval '1 ms'
     from faultline.batch b where b.batch_id = a.batch_id and a.batch_id in ($1, $2) and a.purpose = 'step'`,
    [batch_id, other],
  );
  await event(batch_id, 'TURBULENCE', 50, { kind: 'kill_worker', nth: 1 });
  await event(batch_id, 'TURBULENCE', 400, { kind: 'pause_postgres', nth: 1 });
  await event(batch_id, 'TURBULENCE', 850, { kind: 'kill_worker', nth: 2 });
  await event(batch_id, 'TURBULENCE', 901, { kind: 'kill_worker', nth: 3 });
  await event(other, 'TURBULENCE', 300, { kind: 'kill_worker', nth: 1 });
  const { turbulence } = await read(batch_id);
  expect(
    turbulence.map(({ kind, recovery_ms, details }) => [kind, recovery_ms && Math.round(recovery_ms), details]),
  ).toEqual([
    ['kill_worker', 50, { nth: 1 }],
    ['pause_postgres', 500, { nth: 1 }],
    ['kill_worker', 50, { nth: 2 }],
    ['kill_worker', null, { nth: 3 }],
  ]);
  const markdown = (await lab.get(`/process-batches/${batch_id}/report?format=markdown`)).body;
  expect(markdown).toMatch(/kill\\_worker +\| none succeeded after it +\|/);
});

test('stops, changed behavior and operators are told, and why the predicted need not be met', async () => {
  const batch_id = await lab.launch({ count: 3, behavior: { query: { fail_permanent_pct: 100 } }, ...POLICY });
  await lab.atRest(batch_id);
  await event(batch_id, 'STOP_CONDITION_MET', 1, { metric: 'error_pct', above: 5, value: 100, action: 'mark' });
  await event(batch_id, 'INJECTION_STOPPED', 2, {}, { actor: 'eve', reason: 'enough' });
  await pool.query(
    `insert into faultline.batch_behavior (batch_id, version, behavior, actor) values ($1, 1, '{"render": {"timeout_pct": 1}}', 'eve')`,
    [batch_id],
  );
  const [item] = (await lab.get(`/tsq?batch_id=${batch_id}`)).json().items;
  expect((await lab.post(`/commands/${item.command_id}/cancel`, { reason: 'test' })).statusCode).toBe(200);
  const report = await read(batch_id);
  expect(report.stops.map(({ type, details }) => ({ type, ...details }))).toEqual([
    { type: 'STOP_CONDITION_MET', metric: 'error_pct', above: 5, value: 100, action: 'mark' },
    { type: 'INJECTION_STOPPED', actor: 'eve', reason: 'enough' },
  ]);
  expect(report.operator_verbs).toBe(1);
  expect(report.settings.behavior_versions).toMatchObject([{ version: 1, actor: 'eve' }]);
  for (const reason of ['changed under way', 'Injection was stopped', 'Operators acted']) {
    expect(report.predicted_note).toContain(reason);
  }
});

test('what was stopped after the batch had come to rest is told, and is no reason', async () => {
  const batch_id = await lab.launch({ count: 1, behavior: { query: { fail_permanent_pct: 100 } }, ...POLICY });
  await lab.atRest(batch_id);
  await event(batch_id, 'INJECTION_STOPPED', 3_600_000, {});
  const { stops, predicted_note } = await read(batch_id);
  expect(stops).toHaveLength(1);
  expect(predicted_note).toBeNull();
});

test('a batch under way has a report that says so; what is not there is not found', async () => {
  const stopped = await lab.launch({ count: 1, behavior: { query: { min_duration_ms: 60_000 } } });
  const report = await read(stopped);
  expect(report).toMatchObject({ verdict: 'running', ended_at: null, duration_ms: null });
  expect(report.predicted_note).toContain('not at rest');
  expect((await lab.get('/process-batches/019a0000-0000-7000-8000-00000000dead/report')).statusCode).toBe(404);
  expect((await lab.get(`/process-batches/${stopped}/report?format=pdf`)).statusCode).toBe(422);
});

test('as Markdown it is text of its own type, and says the same', async () => {
  const batch_id = await lab.launch({ count: 2, name: 'A | B', experiment: { hypothesis: '*It* holds' } });
  await lab.atRest(batch_id);
  const answer = await lab.get(`/process-batches/${batch_id}/report?format=markdown`);
  expect(answer.headers['content-type']).toBe('text/markdown; charset=utf-8');
  expect(answer.body).toMatch(/^# Report: A \\\| B\n\n\*\*Verdict: PASS\*\* \(COMPLETED\)\n\n> \\\*It\\\* holds\n/);
});
