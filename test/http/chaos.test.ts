// Chaos under way over HTTP: the kill switch and what it refuses, injection ended by hand, behaviors by version, and all of it in the audit.

import { afterEach, describe, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { LAUNCH, openLab } from './lab.ts';

const lab = await openLab();
const { pool } = lab.database;
const NOWHERE = '00000000-0000-4000-8000-000000000000';

const send = (method: 'PUT' | 'PATCH', path: string, body: unknown) =>
  lab.app.inject({ method, url: `/api/v1${path}`, payload: body as object });
const pull = (body: object = {}) => send('PUT', '/chaos', { stopped: true, ...body });
const putBack = (body: object = {}) => send('PUT', '/chaos', { stopped: false, ...body });
const patch = (batch_id: string, body: unknown) => send('PATCH', `/process-batches/${batch_id}/behavior`, body);
const stop = (batch_id: string, body?: object) => lab.post(`/process-batches/${batch_id}/injection/stop`, body);

afterEach(() => putBack());

type Answer = Awaited<ReturnType<typeof stop>>;
const told = (answer: Answer) => [answer.statusCode, answer.json().code];
const named = (answer: Answer) =>
  answer.json().errors.map((error: { path: string; code: string }) => [error.path, error.code]);

test('the kill switch says whether it stands, since when, by whom and why; told twice it stays as it is', async () => {
  const free = { stopped: false, at: null, actor: null, reason: null };
  expect((await lab.get('/chaos')).json()).toEqual(free);
  const pulled = await pull({ actor: 'Ada', reason: 'the pager went off' });
  expect(pulled.statusCode).toBe(200);
  expect(pulled.json()).toEqual({ stopped: true, at: expect.any(String), actor: 'Ada', reason: 'the pager went off' });
  expect(new Date(pulled.json().at).toISOString()).toBe(pulled.json().at);
  expect((await pull({ actor: 'Grace' })).json()).toEqual(pulled.json());
  expect((await lab.get('/chaos')).json()).toEqual(pulled.json());
  expect((await putBack()).json()).toEqual(free);
  expect((await putBack()).json()).toEqual(free);
});

test.each([
  [{}, ['stopped', 'required']],
  [{ stopped: 'yes' }, ['stopped', 'invalid_type']],
  [{ stopped: true, reason: '' }, ['reason', 'too_small']],
  [{ stopped: true, why: 'x' }, ['why', 'unknown_field']],
])('%j is refused', async (body, error) => {
  const refused = await send('PUT', '/chaos', body);
  expect(told(refused)).toEqual([422, 'INVALID_INPUT']);
  expect(named(refused)).toEqual([error]);
  expect((await lab.get('/chaos')).json().stopped).toBe(false);
});

const BEHAVIOR = { render: { fail_transient_pct: 5 } };
const WILD = { domain: 'e2e', type: 'TestCommand', behavior: { fail_permanent_pct: 1 } };
const CALM = { domain: 'e2e', type: 'TestCommand', behavior: { fail_permanent_pct: null } };

describe('while it stands', () => {
  test.each([
    ['a launch with a behavior', '/process-batches', { ...LAUNCH, behavior: BEHAVIOR }],
    ['a command with a behavior', '/commands', WILD],
    ['a command batch by its template', '/command-batches', { count: 10, template: WILD }],
    ['a command batch by its commands', '/command-batches', { commands: [CALM, WILD] }],
  ])('%s is refused', async (_what, path, body) => {
    const open = (await lab.post('/command-batches', {})).json().batch_id;
    await pull({ actor: 'Ada', reason: 'the pager went off' });
    const counts = () =>
      pool.query('select (select count(*) from faultline.batch), (select count(*) from faultline.command)');
    const before = (await counts()).rows;
    const refused = await lab.post(path, body);
    expect(told(refused)).toEqual([409, 'CHAOS_STOPPED']);
    expect(refused.json().detail).toBe(
      'Chaos is stopped by Ada (the pager went off): resume it first, or ask for none.',
    );
    expect(told(await lab.post(`/command-batches/${open}/commands`, { commands: [WILD] }))).toEqual([
      409,
      'CHAOS_STOPPED',
    ]);
    expect((await counts()).rows).toEqual(before);
    await putBack();
    expect((await lab.post(path, body)).statusCode).toBe(202);
  });

  test.each([
    ['a launch without chaos', '/process-batches', LAUNCH],
    [
      'a behavior that asks for nothing',
      '/process-batches',
      { ...LAUNCH, behavior: { render: { timeout_pct: null } } },
    ],
    ['a hypothesis', '/process-batches', { ...LAUNCH, experiment: { hypothesis: 'all is well' } }],
    ['a command', '/commands', CALM],
    ['commands', '/command-batches', { commands: [CALM] }],
    ['a command batch', '/command-batches', { count: 2, template: CALM }],
  ])('%s is not refused', async (_what, path, body) => {
    await pull();
    expect((await lab.post(path, body)).statusCode).toBe(202);
  });

  test('a mistake is told first, and a launch that was accepted before is answered as then', async () => {
    const body = { ...LAUNCH, behavior: BEHAVIOR };
    const key = { 'idempotency-key': 'before-it-was-pulled' };
    const accepted = await lab.post('/process-batches', body, key);
    await pull();
    const wrong = await lab.post('/process-batches', { ...LAUNCH, behavior: { render: { timeout_pct: 101 } } });
    expect(told(wrong)).toEqual([422, 'INVALID_INPUT']);
    expect((await lab.post('/process-batches', body, key)).json()).toEqual(accepted.json());
    expect(told(await lab.post('/process-batches', { ...body, count: 2 }, key))).toEqual([
      422,
      'IDEMPOTENCY_KEY_REUSED',
    ]);
    expect(told(await lab.post('/process-batches', body, { 'idempotency-key': 'after' }))).toEqual([
      409,
      'CHAOS_STOPPED',
    ]);
  });

  test('a change of behavior is refused, unless it takes behavior away', async () => {
    const batch_id = await lab.launch({ behavior: BEHAVIOR });
    await pull();
    expect(told(await patch(batch_id, { behavior: BEHAVIOR }))).toEqual([409, 'CHAOS_STOPPED']);
    expect((await patch(batch_id, { behavior: null })).statusCode).toBe(200);
  });
});

describe('the behavior of a batch', () => {
  test('is listed by version, the launched one first', async () => {
    const batch_id = await lab.launch({ behavior: BEHAVIOR });
    const changed = { query: { timeout_pct: 1 }, render: null, aggregation: { fail_transient_pct: null } };
    const first = await patch(batch_id, { behavior: changed, actor: 'Ada', reason: 'too gentle' });
    expect(first.statusCode).toBe(200);
    expect(first.json()).toEqual({
      version: 1,
      behavior: { query: { timeout_pct: 1 } },
      at: expect.any(String),
      actor: 'Ada',
      reason: 'too gentle',
    });
    const second = await patch(batch_id, { behavior: null });
    expect(second.json()).toMatchObject({ version: 2, behavior: null, actor: 'local', reason: null });

    const detail = (await lab.get(`/process-batches/${batch_id}`)).json();
    expect(detail.behavior).toEqual(BEHAVIOR);
    const launched = { version: 0, behavior: BEHAVIOR, at: detail.created_at, actor: 'local', reason: null };
    expect((await lab.get(`/process-batches/${batch_id}/behavior`)).json()).toEqual({
      items: [launched, first.json(), second.json()],
      next_cursor: null,
    });
  });

  test.each([
    [{}, [['behavior', 'required']]],
    [{ behavior: 5 }, [['behavior', 'invalid_type']]],
    [
      { behavior: {}, actor: ' ', what: 1 },
      [
        ['actor', 'too_small'],
        ['what', 'unknown_field'],
      ],
    ],
    [{ behavior: { burn: { timeout_pct: 1 } } }, [['behavior.burn', 'unknown_field']]],
    [
      {
        behavior: {
          render: { timeout_pct: -1, min_duration_ms: 5, max_duration_ms: 'long' },
          query: { explode_pct: 1 },
        },
      },
      [
        ['behavior.query.explode_pct', 'unknown_field'],
        ['behavior.render.max_duration_ms', 'invalid_type'],
        ['behavior.render.timeout_pct', 'too_small'],
      ],
    ],
  ])('cannot become %j', async (body, errors) => {
    const batch_id = await lab.launch();
    const refused = await patch(batch_id, body);
    expect(told(refused)).toEqual([422, 'INVALID_INPUT']);
    expect(named(refused).toSorted()).toEqual(errors.toSorted());
    expect((await lab.get(`/process-batches/${batch_id}/behavior`)).json().items).toHaveLength(1);
  });

  test('of a batch of another service cannot be checked here', async () => {
    const batch_id = await lab.launch();
    await pool.query(`update faultline.batch set process_type = 'Elsewhere' where batch_id = $1`, [batch_id]);
    expect(told(await patch(batch_id, { behavior: null }))).toEqual([422, 'UNKNOWN_PROCESS_TYPE']);
  });

  test('of a batch that has ended stays', async () => {
    const batch_id = await lab.launch();
    await pool.query(`update faultline.batch set status = 'COMPLETED' where batch_id = $1`, [batch_id]);
    const refused = await patch(batch_id, { behavior: null });
    expect(told(refused)).toEqual([409, 'WRONG_STATE']);
    expect(refused.json().detail).toBe('The batch is COMPLETED.');
  });
});

test('injection into a batch is ended once, and not after the batch', async () => {
  const batch_id = await lab.launch({ behavior: BEHAVIOR });
  const stopped = await stop(batch_id, { actor: 'Ada', reason: 'enough' });
  expect(stopped.statusCode).toBe(200);
  expect(stopped.json()).toEqual({ batch_id, injection_stopped_at: expect.any(String) });
  const again = await stop(batch_id);
  expect(told(again)).toEqual([409, 'WRONG_STATE']);
  expect(told(await patch(batch_id, { behavior: null }))).toEqual([409, 'WRONG_STATE']);
  expect((await lab.get(`/process-batches/${batch_id}`)).json().injection_stopped_at).toBe(
    stopped.json().injection_stopped_at,
  );

  const ended = await lab.launch();
  await pool.query(`update faultline.batch set status = 'CANCELED' where batch_id = $1`, [ended]);
  expect(told(await stop(ended))).toEqual([409, 'WRONG_STATE']);
  expect(named(await stop(batch_id, { result: 1 }))).toEqual([['result', 'unknown_field']]);
});

test('an unknown batch, and a batch of commands, are not found', async () => {
  const commands = (await lab.post('/command-batches', { count: 1, template: CALM })).json().batch_id;
  for (const id of [NOWHERE, commands]) {
    expect(told(await stop(id))).toEqual([404, 'NOT_FOUND']);
    expect(told(await patch(id, { behavior: null }))).toEqual([404, 'NOT_FOUND']);
    expect(told(await lab.get(`/process-batches/${id}/behavior`))).toEqual([404, 'NOT_FOUND']);
  }
});

test("the audit of a batch tells what was done to its chaos, that of a window also the kill switch's", async () => {
  const from = new Date(Date.now() - 60_000).toISOString();
  const batch_id = await lab.launch({ behavior: BEHAVIOR });
  await patch(batch_id, { behavior: { query: { timeout_pct: 1 } }, actor: 'Ada', reason: 'why not' });
  await stop(batch_id, { actor: 'Grace' });
  await pull({ actor: 'Ada', reason: 'audited' });
  await putBack({ actor: 'Grace' });

  const types = /BEHAVIOR|INJECTION|CHAOS_STOPPED|CHAOS_RESUMED/;
  const audit = async (query: string) => {
    const events: { type: string; batch_id: string | null; details: object }[] = [];
    let cursor = '';
    do {
      const page = (await lab.get(`/audit?limit=100&${query}${cursor}`)).json();
      events.push(...page.items);
      cursor = page.next_cursor === null ? '' : `&cursor=${encodeURIComponent(page.next_cursor)}`;
    } while (cursor !== '');
    return events.filter(({ type }) => types.test(type));
  };
  const ofBatch = [
    {
      type: 'BEHAVIOR_CHANGED',
      batch_id,
      details: { version: 1, behavior: { query: { timeout_pct: 1 } }, actor: 'Ada', reason: 'why not' },
    },
    { type: 'INJECTION_STOPPED', batch_id, details: { actor: 'Grace' } },
  ];
  expect(await audit(`batch_id=${batch_id}`)).toMatchObject(ofBatch);
  const window = await until('the window holds it all', async () => {
    const seen = await audit(`from=${from}`);
    return seen.at(-1)?.type === 'CHAOS_RESUMED' && seen;
  });
  expect(window.slice(-4)).toMatchObject([
    ...ofBatch,
    { type: 'CHAOS_STOPPED', batch_id: null, details: { actor: 'Ada', reason: 'audited' } },
    { type: 'CHAOS_RESUMED', batch_id: null, details: { actor: 'Grace' } },
  ]);
});
