// Launching: what is accepted, what is refused with the path of every invalid field, and that a refusal writes nothing.

import { describe, expect, test } from 'vitest';
import { LAUNCH, openLab } from './lab.ts';

const lab = await openLab();
const { pool } = lab.database;

async function written(): Promise<number> {
  const { rows } = await pool.query(
    `select (select count(*) from faultline.batch) + (select count(*) from faultline.command) + (select count(*) from faultline.event)
       + (select count(*) from faultline.idempotency_key) as rows`,
  );
  return rows[0].rows;
}

/** The refusal of a body, after making sure that nothing was written. */
async function refusal(body: unknown, headers: Record<string, string> = {}) {
  const before = await written();
  const answer = await lab.post('/process-batches', body, headers);
  expect(await written()).toBe(before);
  expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  const problem = answer.json();
  expect(problem).toMatchObject({ status: answer.statusCode, type: 'about:blank' });
  return {
    status: answer.statusCode,
    code: problem.code,
    paths: problem.errors.map((error: { path: string }) => error.path),
  };
}

const refused = (...paths: string[]) => ({ status: 422, code: 'INVALID_INPUT', paths });

test('an accepted launch answers at once, with the batch it wrote', async () => {
  const answer = await lab.post('/process-batches', { ...LAUNCH, count: 2500, seed: 'a.b_c-1', name: 'Äpfel' });
  expect(answer.statusCode).toBe(202);
  const { batch_id, ...rest } = answer.json();
  expect(rest).toEqual({ status: 'CREATING', total_count: 2500, seed: 'a.b_c-1' });
  expect(answer.headers.location).toBe(`/api/v1/process-batches/${batch_id}`);
  const batch = (await lab.get(`/process-batches/${batch_id}`)).json();
  expect(batch).toMatchObject({
    batch_id,
    name: 'Äpfel',
    total_count: 2500,
    behavior: null,
    input: { ...LAUNCH, account_count: 3 },
    retry: { max_attempts: 3, backoff_ms: [10_000, 60_000, 300_000] },
    lease_ms: 30_000,
  });
  const { rows } = await pool.query(
    `select count(*) from faultline.command where batch_id = $1 and purpose = 'chunk'`,
    [batch_id],
  );
  expect(rows[0].count).toBe(3);
});

test('count is 1, the type StatementReport and the seed drawn, where nothing is said', async () => {
  const answer = await lab.post('/process-batches', LAUNCH);
  expect(answer.json()).toMatchObject({ total_count: 1, seed: expect.stringMatching(/^[0-9a-f]{16}$/) });
});

test('behavior and policy reach the batch; nulls equal absence', async () => {
  const batch_id = await lab.launch({
    behavior: {
      query: { fail_transient_pct: 12.5, error_code: null },
      aggregation: null,
      render: { timeout_pct: null },
    },
    retry: { max_attempts: 7, backoff_ms: [0, 5] },
    lease_ms: 500,
  });
  expect((await lab.get(`/process-batches/${batch_id}`)).json()).toMatchObject({
    behavior: { query: { fail_transient_pct: 12.5 } },
    retry: { max_attempts: 7, backoff_ms: [0, 5] },
    lease_ms: 500,
  });
});

describe('refused, each by the path of the field', () => {
  test.each([
    ['count 0', { count: 0 }, 'count'],
    ['count above 100,000', { count: 100_001 }, 'count'],
    ['count as text', { count: 'ten' }, 'count'],
    ['half a process', { count: 1.5 }, 'count'],
    ['from_date after to_date', { from_date: '2026-02-01' }, 'to_date'],
    ['a day that does not exist', { from_date: '2026-02-30', to_date: '2026-03-31' }, 'from_date'],
    ['an unknown output_type', { output_type: 'docx' }, 'output_type'],
    ['an unknown field', { colour: 'red' }, 'colour'],
    ['a field named like a method', { constructor: 'red' }, 'constructor'],
    ['a seed with a space', { seed: 'a b' }, 'seed'],
    ['a seed of 65', { seed: 'a'.repeat(65) }, 'seed'],
    ['an empty name', { name: ' ' }, 'name'],
    ['a lease too short', { lease_ms: 499 }, 'lease_ms'],
    ['no attempts', { retry: { max_attempts: 0 } }, 'retry.max_attempts'],
    ['no backoff', { retry: { backoff_ms: [] } }, 'retry.backoff_ms'],
    ['a negative backoff', { retry: { backoff_ms: [1, -1] } }, 'retry.backoff_ms.1'],
    ['an unknown retry field', { retry: { jitter: 1 } }, 'retry.jitter'],
    [
      'a percentage above 100',
      { behavior: { render: { fail_permanent_pct: 101 } } },
      'behavior.render.fail_permanent_pct',
    ],
    ['a percentage as text', { behavior: { query: { timeout_pct: '5' } } }, 'behavior.query.timeout_pct'],
    [
      'min above max',
      { behavior: { query: { min_duration_ms: 5, max_duration_ms: 1 } } },
      'behavior.query.min_duration_ms',
    ],
    ['an unknown step', { behavior: { print: { timeout_pct: 5 } } }, 'behavior.print'],
    ['an unknown behavior field', { behavior: { query: { fail_pct: 5 } } }, 'behavior.query.fail_pct'],
    ['a behavior that is no object', { behavior: 'chaos' }, 'behavior'],
    ['a step behavior that is no object', { behavior: { query: 5 } }, 'behavior.query'],
    ['a NUL byte in a name', { name: 'a\0b' }, 'name'],
    [
      'a NUL byte in an error message',
      { behavior: { query: { error_message: 'a\0' } } },
      'behavior.query.error_message',
    ],
    [
      'a NUL byte in response data',
      { behavior: { query: { response_data: { deep: ['a\0'] } } } },
      'behavior.query.response_data.deep.0',
    ],
    ['half a surrogate pair', { name: 'a\ud800' }, 'name'],
  ])('%s', async (_what, fields, path) => {
    expect(await refusal({ ...LAUNCH, ...fields })).toEqual(refused(path));
  });

  test('every one of several mistakes, of envelope, input and behavior at once', async () => {
    const body = {
      count: 0,
      seed: '',
      output_type: 'docx',
      to_date: 'soon',
      surplus: 1,
      behavior: { render: { fail_permanent_pct: 101, timeout_pct: -1 }, other: {} },
    };
    const { status, code, paths } = await refusal(body);
    expect({ status, code }).toEqual({ status: 422, code: 'INVALID_INPUT' });
    expect(paths.sort()).toEqual(
      [
        'behavior.other',
        'behavior.render.fail_permanent_pct',
        'behavior.render.timeout_pct',
        'count',
        'from_date',
        'output_type',
        'seed',
        'surplus',
        'to_date',
      ].sort(),
    );
  });

  test('an unknown process type, which has a code of its own when nothing else is wrong', async () => {
    expect(await refusal({ process_type: 'Payout' })).toEqual({
      status: 422,
      code: 'UNKNOWN_PROCESS_TYPE',
      paths: ['process_type'],
    });
    expect(await refusal({ process_type: 'Payout', count: 0 })).toEqual(refused('count', 'process_type'));
    expect(await refusal({ process_type: 7 })).toEqual(refused('process_type'));
  });

  test.each([
    ['a list', []],
    ['nothing', undefined],
    ['null', 'null'],
    ['a number', '5'],
  ])('a body that is %s', async (_what, body) => {
    const { status, paths } = await refusal(body, { 'content-type': 'application/json' });
    expect({ status, paths }).toEqual({ status: 422, paths: ['body'] });
  });

  test('what is missing is said to be required', async () => {
    const { errors } = (await lab.post('/process-batches', {})).json();
    expect(errors).toEqual(
      ['from_date', 'to_date', 'output_type'].map((path) => ({ path, code: 'required', message: 'is required' })),
    );
  });
});

test('malformed JSON is 400 and writes nothing', async () => {
  const json = { 'content-type': 'application/json' };
  for (const body of ['{"count": 1', '{count: 1}', '{"count": 1}}', '\u0000']) {
    expect(await refusal(body, json)).toEqual({ status: 400, code: 'MALFORMED_JSON', paths: [] });
  }
});

describe('Idempotency-Key', () => {
  const key = (value: string) => ({ 'idempotency-key': value });

  test('the same key with the same body is one launch and one answer, whatever the order of the fields', async () => {
    const first = await lab.post(
      '/process-batches',
      { ...LAUNCH, count: 3, behavior: { query: { timeout_pct: 1 } } },
      key('same'),
    );
    const second = await lab.post(
      '/process-batches',
      { behavior: { query: { timeout_pct: 1 } }, count: 3, ...LAUNCH },
      key('same'),
    );
    expect(first.statusCode).toBe(202);
    expect([second.statusCode, second.body]).toEqual([first.statusCode, first.body]);
    const { rows } = await pool.query('select count(*) from faultline.batch where batch_id = $1', [
      first.json().batch_id,
    ]);
    expect(rows[0].count).toBe(1);
  });

  test('another body under the key is refused, and the key stays with the first', async () => {
    const first = await lab.post('/process-batches', LAUNCH, key('kept'));
    expect(await refusal({ ...LAUNCH, count: 2 }, key('kept'))).toEqual({
      status: 422,
      code: 'IDEMPOTENCY_KEY_REUSED',
      paths: ['idempotency-key'],
    });
    expect((await lab.post('/process-batches', LAUNCH, key('kept'))).body).toBe(first.body);
  });

  test('twenty at once make one batch', async () => {
    const before = await pool.query('select count(*) from faultline.batch');
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => lab.post('/process-batches', LAUNCH, key('race'))),
    );
    expect(new Set(answers.map((answer) => `${answer.statusCode} ${answer.body}`)).size).toBe(1);
    expect(answers[0]?.statusCode).toBe(202);
    const after = await pool.query('select count(*) from faultline.batch');
    expect(after.rows[0].count - before.rows[0].count).toBe(1);
  });

  test('two bodies racing for one key: one is launched, the other refused', async () => {
    const answers = await Promise.all(
      [1, 2].map((count) => lab.post('/process-batches', { ...LAUNCH, count }, key('rivals'))),
    );
    expect(answers.map((answer) => answer.statusCode).sort()).toEqual([202, 422]);
  });

  test('a refused body does not use the key up', async () => {
    await refusal({ ...LAUNCH, count: 0 }, key('later'));
    expect((await lab.post('/process-batches', LAUNCH, key('later'))).statusCode).toBe(202);
  });

  test('after 24 hours the key is free again', async () => {
    const first = await lab.post('/process-batches', LAUNCH, key('old'));
    await pool.query(`update faultline.idempotency_key set created_at = now() - interval '25 hours' where key = 'old'`);
    const second = await lab.post('/process-batches', { ...LAUNCH, count: 2 }, key('old'));
    expect(second.statusCode).toBe(202);
    expect(second.json().batch_id).not.toBe(first.json().batch_id);
  });

  test.each([
    ['empty', ''],
    ['too long', 'k'.repeat(201)],
    ['with a space', 'a b'],
    ['not ASCII', 'schlüssel'],
  ])('a key that is %s is refused', async (_what, value) => {
    expect(await refusal(LAUNCH, key(value))).toEqual(refused('idempotency-key'));
  });
});
