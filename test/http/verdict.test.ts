// The preview and the verdict over HTTP: exact, refused where a launch would be, stored, and given again when anything changed.

import { expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { LAUNCH, openLab } from './lab.ts';

const lab = await openLab();
await lab.work();
const FAST = { retry: { max_attempts: 2, backoff_ms: [0] }, lease_ms: 2_000 };
const preview = (body: object) => lab.post('/process-batches/preview', { ...LAUNCH, ...FAST, ...body });
const verdictOf = async (batch_id: string) => (await lab.get(`/process-batches/${batch_id}/verdict`)).json();
const verifyAgain = async (batch_id: string) => (await lab.post(`/process-batches/${batch_id}/verdict`, {})).json();

test('a preview is what the launch comes to; it launches nothing', async () => {
  const body = {
    count: 80,
    seed: 'predicted',
    behavior: { query: { fail_transient_pct: 50 }, render: { fail_business_rule_pct: 30 } },
  };
  const before = (await lab.get('/process-batches')).json().items.length;
  const answer = await preview(body);
  expect(answer.statusCode).toBe(200);
  const { exact, note, expected, steps, seed, in_scope } = answer.json();
  expect({ exact, note, seed, in_scope }).toEqual({ exact: true, note: null, seed: 'predicted', in_scope: 80 });
  expect((await lab.get('/process-batches')).json().items).toHaveLength(before);
  expect(expected.completed + expected.compensated + expected.failed + expected.in_troubleshooting).toBe(80);
  expect(steps.query.transient).toBeGreaterThan(20);

  const batch = await lab.atRest(await lab.launch({ ...FAST, ...body }));
  expect(batch).toMatchObject({
    completed_count: expected.completed,
    compensated_count: expected.compensated,
    in_troubleshooting_count: expected.in_troubleshooting,
  });
  expect(batch.steps).toMatchObject([
    { step: 'query', attempts: steps.query.attempts, transient: steps.query.transient },
    { step: 'aggregation', attempts: steps.aggregation.attempts },
    { step: 'render', attempts: steps.render.attempts, business_rule: steps.render.business_rule },
  ]);
});

test('without a seed one is drawn, told, and draws the same again', async () => {
  const drawn = (await preview({ count: 50, behavior: { query: { fail_permanent_pct: 50 } } })).json();
  expect(drawn.seed).toMatch(/^[0-9a-f]{16}$/);
  const again = (
    await preview({ count: 50, seed: drawn.seed, behavior: { query: { fail_permanent_pct: 50 } } })
  ).json();
  expect(again.expected).toEqual(drawn.expected);
});

test('a scope leaves the others alone', async () => {
  const { in_scope, expected } = (
    await preview({
      count: 1_000,
      seed: 'scope',
      behavior: { query: { fail_permanent_pct: 100 } },
      experiment: { scope_pct: 10 },
    })
  ).json();
  expect(in_scope).toBeGreaterThan(60);
  expect(in_scope).toBeLessThan(140);
  expect(expected).toMatchObject({ in_troubleshooting: in_scope, completed: 1_000 - in_scope });
});

test.each([
  ['count', { count: 100_001 }],
  ['behavior.query.crash_pct', { behavior: { query: { crash_pct: 101 } } }],
  ['behavior.nowhere', { behavior: { nowhere: {} } }],
  ['experiment.scope_pct', { experiment: { scope_pct: -1 } }],
  ['output_type', { output_type: 'gif' }],
])('refused as a launch would be, naming %s', async (path, body) => {
  const answer = await preview(body);
  expect(answer.statusCode).toBe(422);
  expect(answer.json().errors.map((error: { path: string }) => error.path)).toContain(path);
});

test('an unknown type is 422, an unknown batch 404', async () => {
  expect((await preview({ process_type: 'Nothing' })).json()).toMatchObject({
    code: 'UNKNOWN_PROCESS_TYPE',
    status: 422,
  });
  const missing = await lab.get('/process-batches/019a0000-0000-7000-8000-000000000000/verdict');
  expect(missing.json()).toMatchObject({ code: 'NOT_FOUND', status: 404 });
  const progress = await lab.get('/process-batches/019a0000-0000-7000-8000-000000000000/verdict/progress');
  expect(progress.json()).toMatchObject({ code: 'NOT_FOUND', status: 404 });
});

test('a verdict is stored when a batch rests, holds while nothing changes, and is given again after a verb', async () => {
  const batch_id = await lab.launch({
    ...FAST,
    count: 40,
    seed: 'verb',
    behavior: { aggregation: { fail_permanent_pct: 30 } },
  });
  await lab.atRest(batch_id);
  const first = await verdictOf(batch_id);
  expect(first).toMatchObject({ batch_id, verdict: 'pass' });
  expect(first.checks.map(({ name }: { name: string }) => name)).toContain('as_predicted');
  expect((await verdictOf(batch_id)).computed_at).toBe(first.computed_at);
  const progress = (await lab.get(`/process-batches/${batch_id}/verdict/progress`)).json();
  expect(progress).toEqual({ batch_id, verifying: false, verified: 0, total: 40 });

  const { items } = (await lab.get(`/tsq?batch_id=${batch_id}`)).json();
  await lab.post(`/commands/${items[0].command_id}/complete`, { result: { result_path: 'by hand' } });
  const again = await until('it rests again', async () => {
    const verdict = await verdictOf(batch_id);
    return verdict.verdict === 'pass' && verdict.computed_at !== first.computed_at ? verdict : null;
  });
  const predicted = again.checks.find(({ name }: { name: string }) => name === 'as_predicted');
  expect(predicted).toMatchObject({
    status: 'skipped',
    note: expect.stringMatching(/^Replayed instead: 1 commands were operated/),
  });
});

test('given again it is on nothing older than the request, and not twice for many who ask at once', async () => {
  const batch_id = await lab.launch({ count: 10, seed: 'again' });
  await lab.atRest(batch_id);
  const first = await verdictOf(batch_id);
  expect((await verdictOf(batch_id)).computed_at).toBe(first.computed_at);
  const all = await Promise.all(Array.from({ length: 8 }, () => verifyAgain(batch_id)));
  // Those who come while one is given share the next.
  expect(new Set(all.map(({ computed_at }) => computed_at)).size).toBeLessThan(8);
  for (const { verdict, computed_at } of all) {
    expect(verdict).toBe('pass');
    expect(computed_at > first.computed_at).toBe(true);
  }
  const missing = await lab.post('/process-batches/019a0000-0000-7000-8000-000000000000/verdict', {});
  expect(missing.json()).toMatchObject({ code: 'NOT_FOUND', status: 404 });
});

test('a batch that is damaged at rest fails by name, with its violations', async () => {
  const batch_id = await lab.launch({ count: 10, seed: 'damage' });
  await lab.atRest(batch_id);
  const { rows } = await lab.database.pool.query(
    `update faultline.process set state = state || '{"output_type": "gif"}' where batch_id = $1 and ordinal = 3 returning process_id`,
    [batch_id],
  );
  const verdict = await verifyAgain(batch_id);
  expect(verdict.verdict).toBe('fail');
  expect((await verdictOf(batch_id)).computed_at).toBe(verdict.computed_at);
  const failed = verdict.checks.filter(({ status }: { status: string }) => status === 'fail');
  expect(failed).toMatchObject([{ name: 'state', violations: 1, violating_ids: [rows[0].process_id] }]);
});

test('while a batch runs its verdict is running, by the light checks only', async () => {
  const batch_id = await lab.launch({ count: 5, lease_ms: 60_000, behavior: { query: { min_duration_ms: 30_000 } } });
  expect((await verifyAgain(batch_id)).verdict).toBe('running');
  const verdict = await verdictOf(batch_id);
  expect(verdict.verdict).toBe('running');
  expect(verdict.checks.filter(({ status }: { status: string }) => status === 'pass')).toHaveLength(3);
  await lab.post(`/process-batches/${batch_id}/cancel`, { reason: 'enough' });
});

test('a batch that is given work again before its turn to be verified is `running`, not a failure, and nothing is stored', async () => {
  const broken = { ...FAST, count: 2, behavior: { query: { fail_permanent_pct: 100 } } };
  const [before, batch_id] = [await lab.launch(broken), await lab.launch(broken)];
  await lab.atRest(before);
  await lab.atRest(batch_id);
  const rested = await verdictOf(batch_id);
  expect(rested.verdict).toBe('pass');
  const { items } = (await lab.get(`/tsq?batch_id=${batch_id}`)).json();
  const client = await lab.database.pool.connect();
  try {
    // The verdict on the one cannot be stored, so the other waits for its turn.
    await client.query('begin');
    await client.query('lock table faultline.verdict in exclusive mode');
    const untilVerifying = (id: string) =>
      until(
        'it is being verified',
        async () => (await lab.get(`/process-batches/${id}/verdict/progress`)).json().verifying,
      );
    const first = verifyAgain(before);
    await untilVerifying(before);
    const second = verifyAgain(batch_id);
    await untilVerifying(batch_id);
    expect((await lab.post('/queues/reporting/pause', { reason: 'what is retried stays' })).statusCode).toBe(200);
    expect((await lab.post(`/commands/${items[0].command_id}/retry`)).statusCode).toBe(200);
    expect((await lab.get(`/process-batches/${batch_id}`)).json()).toMatchObject({
      status: 'RUNNING',
      waiting_count: 1,
      in_troubleshooting_count: 1,
      rested_at: null,
    });
    await client.query('rollback');
    expect((await first).verdict).toBe('pass');
    const { verdict, checks } = await second;
    expect({ verdict, failed: checks.filter(({ status }: { status: string }) => status === 'fail') }).toEqual({
      verdict: 'running',
      failed: [],
    });
    const { rows } = await lab.database.pool.query('select computed_at from faultline.verdict where batch_id = $1', [
      batch_id,
    ]);
    expect(rows).toEqual([{ computed_at: new Date(rested.computed_at) }]);
  } finally {
    await client.query('rollback');
    client.release();
    await lab.post('/queues/reporting/resume');
  }
  await lab.atRest(batch_id);
});
