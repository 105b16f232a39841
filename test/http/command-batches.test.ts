// Command batches and replies over HTTP: launched, added to, followed, cancelled, their chaos reproducible, their replies consumed.

import { describe, expect, test } from 'vitest';
import { newId } from '../../src/model/ids.ts';
import { until } from '../support/until.ts';
import { openLab } from './lab.ts';

const lab = await openLab();
await lab.work();

const launch = async (body: object, headers?: Record<string, string>) => {
  const answer = await lab.post('/command-batches', body, headers);
  expect(answer.statusCode, answer.body).toBe(202);
  return answer.json();
};
const atRest = (batch_id: string) =>
  until(`batch ${batch_id} rests`, async () => {
    const batch = (await lab.get(`/command-batches/${batch_id}`)).json();
    return batch.rested_at || batch.completed_at ? batch : null;
  });
const commandsOf = async (batch_id: string, filter = '') => {
  const found: Record<string, unknown>[] = [];
  for (let cursor = ''; ; ) {
    const page = (await lab.get(`/command-batches/${batch_id}/commands?limit=7${filter}${cursor}`)).json();
    found.push(...page.items);
    if (page.next_cursor === null) return found;
    cursor = `&cursor=${page.next_cursor}`;
  }
};

describe('B02, B05, B06: a batch in detail', () => {
  test('counts by status, percent, processing time, replies, and the commands of a status', async () => {
    const { batch_id } = await launch({
      name: 'mixed',
      custom: { mine: true },
      commands: [
        ...Array.from({ length: 9 }, (_, n) => ({ payload: { n }, reply_to: 'mixed' })),
        { behavior: { fail_business_rule_pct: 100 }, reply_to: 'mixed' },
        { behavior: { fail_permanent_pct: 100 }, reply_to: 'mixed' },
      ],
    });
    const batch = await atRest(batch_id);
    expect(batch).toMatchObject({
      name: 'mixed',
      custom: { mine: true },
      status: 'AT_REST',
      total_count: 11,
      completed_count: 9,
      failed_count: 1,
      canceled_count: 0,
      in_troubleshooting_count: 1,
      by_status: { PENDING: 0, IN_PROGRESS: 0, COMPLETED: 9, FAILED: 1, CANCELED: 0, IN_TROUBLESHOOTING_QUEUE: 1 },
      replies: { SUCCESS: 9, FAILED: 1, CANCELED: 0, waiting: 10 },
      percent: 90.9,
      template: null,
    });
    expect(batch.duration_ms).toBeGreaterThanOrEqual(0);
    expect((await commandsOf(batch_id)).length).toBe(11);
    expect(await commandsOf(batch_id, '&status=FAILED')).toMatchObject([{ fault: 'business_rule' }]);
    const inOrder = (await commandsOf(batch_id)).map(({ command_id }) => command_id as string);
    expect(inOrder).toEqual(inOrder.toSorted());
    const { items } = (await lab.get('/command-batches')).json();
    expect(items[0]).toMatchObject({ batch_id, name: 'mixed' });
    expect((await lab.get(`/process-batches/${batch_id}`)).statusCode).toBe(404);

    // B08: what an operator cancels is counted apart from what failed.
    const [parked] = await commandsOf(batch_id, '&status=IN_TROUBLESHOOTING_QUEUE');
    await lab.post(`/commands/${parked?.command_id}/cancel`, { reason: 'enough' });
    const ended = await until('it ended', async () => {
      const shown = (await lab.get(`/command-batches/${batch_id}`)).json();
      return shown.completed_at && shown;
    });
    expect(ended).toMatchObject({
      status: 'COMPLETED_WITH_FAILURES',
      failed_count: 1,
      canceled_count: 1,
      percent: 100,
    });
  });

  test('the same seed brings the same outcome to each of its places', async () => {
    const body = {
      count: 60,
      seed: 'again',
      template: { behavior: { fail_permanent_pct: 30 }, max_attempts: 1 },
    };
    const outcomes = async (extra: object) => {
      const { batch_id } = await launch({ ...body, ...extra });
      await atRest(batch_id);
      return (await commandsOf(batch_id)).map(({ status }) => status);
    };
    const first = await outcomes({});
    expect(new Set(first).size).toBe(2);
    expect(await outcomes({})).toEqual(first);
    expect(await outcomes({ seed: 'another' })).not.toEqual(first);
  });

  test('an Idempotency-Key used again gives the same batch and ids', async () => {
    const key = { 'idempotency-key': newId() };
    const body = { commands: [{}, { command_id: newId() }] };
    const first = await launch(body, key);
    expect(await launch(body, key)).toEqual(first);
    expect((await lab.post('/command-batches', { commands: [{}] }, key)).json().code).toBe('IDEMPOTENCY_KEY_REUSED');
  });

  test('an open one is added to, closed, and refuses more', async () => {
    const { batch_id, status } = await launch({ name: 'open' });
    expect(status).toBe('CREATING');
    const added = await lab.post(`/command-batches/${batch_id}/commands`, { commands: [{}, {}] });
    expect(added.statusCode, added.body).toBe(202);
    expect(added.json()).toMatchObject({ batch_id, total_count: 2 });
    const bad = await lab.post(`/command-batches/${batch_id}/commands`, { commands: [{}, { priority: 10 }] });
    expect(bad.json().errors).toMatchObject([{ path: 'commands.1.priority' }]);
    expect((await lab.post(`/command-batches/${batch_id}/close`)).json().closed_at).not.toBeNull();
    expect((await lab.post(`/command-batches/${batch_id}/close`)).statusCode).toBe(409);
    expect((await lab.post(`/command-batches/${batch_id}/commands`, { commands: [{}] })).statusCode).toBe(409);
    expect(await atRest(batch_id)).toMatchObject({ status: 'COMPLETED', completed_count: 2 });
    expect((await lab.post(`/command-batches/${batch_id}/cancel`)).statusCode).toBe(409);
    expect((await lab.post(`/command-batches/${newId()}/close`)).statusCode).toBe(404);
  });

  test('what cannot be is refused by path', async () => {
    for (const [body, path] of [
      [{ count: 2 }, 'count'],
      [{ count: 100_001, template: {} }, 'count'],
      [{ count: 2, template: { behavior: { timeout_pct: -1 } } }, 'template.behavior.timeout_pct'],
      [{ count: 2, template: { type: 'Nothing' } }, 'template.type'],
      [{ commands: [{ on_deadline: 'fail' }] }, 'commands.0.on_deadline'],
      [{ reply_to: ' ' }, 'reply_to'],
      [{ name: '' }, 'name'],
    ] as const) {
      const refused = await lab.post('/command-batches', body);
      expect(refused.statusCode, path).toBe(422);
      expect(refused.json().errors.map((error: { path: string }) => error.path)).toContain(path);
    }
  });
});

describe('C16, B04: replies', () => {
  test('are listed by queue and batch, consumed oldest first, deleted and cleared', async () => {
    const { batch_id } = await launch({ count: 12, template: { reply_to: 'listed' }, reply_to: 'listed:ends' });
    await atRest(batch_id);
    const { items: queues } = (await lab.get('/replies/queues')).json();
    expect(queues).toContainEqual(expect.objectContaining({ queue: 'listed', count: 12, kept_count: 0 }));
    const page = (await lab.get('/replies?queue=listed&limit=5')).json();
    const next = (await lab.get(`/replies?queue=listed&limit=100&cursor=${page.next_cursor}`)).json();
    const ids = [...page.items, ...next.items].map(({ reply_id }) => reply_id);
    expect(new Set(ids).size).toBe(12);
    expect((await lab.get(`/replies?batch_id=${batch_id}&limit=100`)).json().items).toHaveLength(13);

    const { items: taken } = (await lab.post('/replies/consume', { queue: 'listed', limit: 3 })).json();
    expect(taken.map(({ reply_id }: { reply_id: string }) => reply_id)).toEqual(ids.slice(0, 3));
    expect((await lab.get(`/replies/${ids[0]}`)).statusCode).toBe(404);
    expect((await lab.get(`/replies/${ids[3]}`)).json()).toMatchObject({ outcome: 'SUCCESS', batch_id });
    expect((await lab.post(`/replies/${ids[3]}/redrive`)).statusCode).toBe(409);
    const remove = (path: string) => lab.app.inject({ method: 'DELETE', url: `/api/v1${path}` });
    expect((await remove(`/replies/${ids[3]}`)).json()).toEqual({ reply_id: ids[3] });
    expect((await remove(`/replies/${ids[3]}`)).statusCode).toBe(404);
    expect((await remove('/replies?queue=listed')).json()).toEqual({ queue: 'listed', deleted_count: 8 });
    expect((await remove('/replies')).statusCode).toBe(422);
    expect((await lab.post('/replies/consume', { queue: 'listed:ends' })).json().items).toMatchObject([
      { command_id: null, batch_id, outcome: 'SUCCESS', result: { completed_count: 12 } },
    ]);
  });

  test('B07: a batch of processes tells its end too, with what failed and what completed', async () => {
    const batch_id = await lab.launch({
      count: 4,
      reply_to: 'processes',
      behavior: { query: { fail_business_rule_pct: 100 } },
    });
    const batch = await lab.atRest(batch_id);
    expect(batch).toMatchObject({ status: 'COMPLETED_WITH_FAILURES', waiting_count: 0, in_troubleshooting_count: 0 });
    const { items } = (await lab.post('/replies/consume', { queue: 'processes' })).json();
    expect(items).toMatchObject([
      { batch_id, outcome: 'FAILED', result: { kind: 'process', total_count: 4, completed_count: 0 } },
    ]);
  });
});
