// C21, U12: queues and settings over HTTP: what waits in each domain, the verbs and their refusals, and what workers say of themselves.

import { beforeAll, describe, expect, test } from 'vitest';
import type { Config, Queue, Worker } from '../../src/http/contract.ts';
import { until } from '../support/until.ts';
import { type Lab, openLab } from './lab.ts';

let lab: Lab;

beforeAll(async () => {
  lab = await openLab();
  await lab.service.bus.pool.query(`insert into faultline.domain (domain) values ('reporting'), ('quiet')`);
});

const put = (path: string, payload: unknown) =>
  lab.app.inject({ method: 'PUT', url: `/api/v1${path}`, payload: payload as object });
const queues = async (): Promise<Queue[]> => (await lab.get('/queues')).json().items;
const queue = async (domain: string) => (await queues()).find((each) => each.domain === domain);

describe('queues', () => {
  test('tell what is ready, delayed, running and parked in each domain; Faultline’s own is not shown', async () => {
    const { pool } = lab.service.bus;
    await pool.query(
      `insert into faultline.command (command_id, lane, domain, type, purpose, status, max_attempts, attempts_limit, lease_ms, backoff_ms,
         available_at, created_at, lease_expires_at, parked_at)
       select gen_random_uuid(), 0, domain, 'Work', 'standalone', status, 1, 1, 1000, '{0}', now() + due, now(),
         case when status = 'IN_PROGRESS' then now() + interval '1 hour' end,
         case when status = 'IN_TROUBLESHOOTING_QUEUE' then now() end
       from (values ('counted', 'PENDING', interval '-90 seconds', 3), ('counted', 'PENDING', interval '1 hour', 2),
         ('counted', 'IN_PROGRESS', interval '0', 4), ('counted', 'IN_TROUBLESHOOTING_QUEUE', interval '0', 1),
         ('counted', 'COMPLETED', interval '0', 9), ('faultline', 'PENDING', interval '1 hour', 1)) as i(domain, status, due, times),
         generate_series(1, times)`,
    );
    await until('it is counted', async () => (await queue('counted'))?.ready === 3);
    const counted = await queue('counted');
    expect(counted).toMatchObject({
      state: 'RUNNING',
      delayed: 2,
      in_progress: 4,
      in_troubleshooting: 1,
      workers: 0,
      slots: 0,
      max_in_flight: null,
    });
    expect(counted?.oldest_ready_age_ms).toBeGreaterThanOrEqual(90_000);
    expect((await queues()).map(({ domain }) => domain)).toEqual(['counted', 'quiet', 'reporting']);
    await pool.query(`delete from faultline.command where domain in ('counted', 'faultline')`);
  });

  test('a paused one drains first, and says who paused it and why; it is seen at once', async () => {
    const batch_id = await lab.launch({ count: 3 });
    const worker = await lab.work();
    await lab.atRest(batch_id);
    const { pool } = lab.service.bus;
    await pool.query(
      `insert into faultline.command (command_id, lane, domain, type, purpose, status, max_attempts, attempts_limit, lease_ms, backoff_ms,
         available_at, created_at, lease_expires_at)
       values (gen_random_uuid(), 0, 'reporting', 'Work', 'standalone', 'IN_PROGRESS', 1, 1, 1000, '{0}', now(), now(), now() + interval '1 hour')`,
    );
    const answer = await lab.post('/queues/reporting/pause', { actor: 'Ada', reason: 'the ledger is being moved' });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ domain: 'reporting', paused_by: 'Ada', max_in_flight: null });
    const wanted = { paused_by: 'Ada', pause_reason: 'the ledger is being moved', paused_at: answer.json().paused_at };
    expect(await queue('reporting')).toMatchObject({
      state: 'DRAINING',
      ...wanted,
      in_progress: 1,
      workers: 1,
      slots: 100,
    });
    await pool.query(
      `update faultline.command set status = 'CANCELED', lease_expires_at = null where status = 'IN_PROGRESS'`,
    );
    await until('it has drained', async () => (await queue('reporting'))?.state === 'PAUSED');
    expect(await queue('reporting')).toMatchObject(wanted);
    const again = await lab.post('/queues/reporting/pause', { actor: 'Bob' });
    expect([again.statusCode, again.json().code, again.json().detail]).toEqual([
      409,
      'WRONG_STATE',
      'The domain reporting was paused by Ada.',
    ]);
    expect((await lab.post('/queues/reporting/resume')).statusCode).toBe(200);
    expect(await queue('reporting')).toMatchObject({
      state: 'RUNNING',
      paused_at: null,
      paused_by: null,
      pause_reason: null,
    });
    expect((await lab.post('/queues/reporting/resume')).json()).toMatchObject({ status: 409, code: 'WRONG_STATE' });
    await worker.stop();
  });

  test('C08: a cap is set and lifted, and refused by its field', async () => {
    expect((await put('/queues/quiet', { max_in_flight: 5 })).json()).toMatchObject({
      domain: 'quiet',
      max_in_flight: 5,
    });
    expect((await queue('quiet'))?.max_in_flight).toBe(5);
    expect((await put('/queues/quiet', { max_in_flight: null })).json()).toMatchObject({ max_in_flight: null });
    for (const body of [{ max_in_flight: 0 }, { max_in_flight: 100_001 }, { max_in_flight: 'many' }, {}]) {
      const answer = await put('/queues/quiet', body);
      expect([answer.statusCode, answer.json().errors[0].path]).toEqual([422, 'max_in_flight']);
    }
  });

  test.each(['pause', 'resume'])('%s: 404 for an unknown domain, 409 for the internal one', async (verb) => {
    expect((await lab.post(`/queues/mistyped/${verb}`)).json()).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect((await lab.post(`/queues/faultline/${verb}`)).json()).toMatchObject({ status: 409, code: 'WRONG_STATE' });
  });
});

describe('U11: settings', () => {
  test('are shown each with its default and its source, changed in part, and given back', async () => {
    const before: Config = (await lab.get('/config')).json();
    expect(before.settings.slots).toEqual({ value: 100, default: 100, source: 'default' });
    expect(before.settings_changed_at).toBe(null);
    const after: Config = (await put('/config', { slots: 7, retry: { max_attempts: 9 }, actor: 'Ada' })).json();
    expect(after.settings.slots).toEqual({ value: 7, default: 100, source: 'stored' });
    expect(after.settings['retry.max_attempts']).toMatchObject({ value: 9, source: 'stored' });
    expect(after.defaults).toMatchObject({ retry: { max_attempts: 9, backoff_ms: before.defaults.retry.backoff_ms } });
    expect((await lab.get('/config')).json()).toEqual(after);
    // From then on for every launch that names none.
    const batch_id = await lab.launch();
    expect((await lab.get(`/process-batches/${batch_id}`)).json()).toMatchObject({
      retry: { max_attempts: 9 },
      lease_ms: 30_000,
    });
    const named = await lab.launch({ retry: { max_attempts: 2, backoff_ms: [5] } });
    expect((await lab.get(`/process-batches/${named}`)).json()).toMatchObject({
      retry: { max_attempts: 2, backoff_ms: [5] },
    });
    const back: Config = (await put('/config', { slots: null, retry: { max_attempts: null } })).json();
    expect(back.settings).toEqual(before.settings);
  });

  test.each([
    [{ slots: 0 }, 'slots', 'too_small'],
    [{ lease_ms: 10 }, 'lease_ms', 'too_small'],
    [{ retry: { jitter_pct: 101 } }, 'retry.jitter_pct', 'too_big'],
    [{ retry: { backoff_ms: [1, -1] } }, 'retry.backoff_ms.1', 'too_small'],
    [{ retry: { backoff_ms: [] } }, 'retry.backoff_ms', 'too_small'],
    [{ retention: { prune_after_days: 0 } }, 'retention.prune_after_days', 'too_small'],
    [{ slotz: 5 }, 'slotz', 'unknown_field'],
  ])('that cannot be are refused by their path, and nothing is stored: %j', async (body, path, code) => {
    const before = (await lab.get('/config')).json().settings;
    const answer = await put('/config', { drain_ms: 77, ...body });
    expect([answer.statusCode, answer.json().code]).toEqual([422, 'INVALID_INPUT']);
    expect(answer.json().errors).toMatchObject([{ path, code }]);
    expect((await lab.get('/config')).json().settings).toEqual(before);
  });
});

test('C21: a worker shows how it fares, how fast it is and what it does in each domain', async () => {
  const worker = await lab.work();
  const shown = await until('it has reported', async () => {
    const { items } = (await lab.get('/workers')).json() as { items: Worker[] };
    return items.find((each) => each.worker_id === worker.worker_id && each.rss_bytes !== null);
  });
  expect(shown).toMatchObject({
    status: 'RUNNING',
    health: 'HEALTHY',
    health_reason: null,
    by_domain: { reporting: { slots: 100, in_flight: 0 } },
  });
  const { by_domain } = shown;
  expect(shown.slots).toBe(Object.values(by_domain).reduce((sum, { slots }) => sum + slots, 0));
  expect(by_domain).not.toHaveProperty('faultline');
  expect(shown.settled_per_second).toBeGreaterThanOrEqual(0);
  expect(shown.loop_delay_ms).toBeGreaterThanOrEqual(0);
});
