// Commands over HTTP: what is refused and where it stands, what is sent, and what is read back of it.

import { describe, expect, test } from 'vitest';
import { newId } from '../../src/model/ids.ts';
import { until } from '../support/until.ts';
import { openLab } from './lab.ts';

const lab = await openLab();
const { pool } = lab.database;
await lab.work();

const detail = async (command_id: string) => (await lab.get(`/commands/${command_id}`)).json();
const ended = (command_id: string) =>
  until(`command ${command_id} ended`, async () => {
    const command = await detail(command_id);
    return command.settled_at === null && command.parked_at === null ? null : command;
  });

describe('C01: one command', () => {
  test('is accepted, done, and shown with its attempts, its chaos, its reply and its audit', async () => {
    const command_id = newId().toUpperCase();
    const correlation_id = newId();
    const sent = await lab.post('/commands', {
      command_id,
      payload: { hello: 'world' },
      behavior: { send_response: true, response_data: { extra: 1 }, fail_permanent_pct: null },
      max_attempts: 2,
      backoff_ms: [0],
      lease_ms: 5000,
      priority: 1,
      reply_to: 'answers:1',
      correlation_id,
    });
    expect(sent.statusCode, sent.body).toBe(202);
    expect(sent.json()).toEqual({ command_id: command_id.toLowerCase(), status: 'PENDING' });
    expect(sent.headers.location).toBe(`/api/v1/commands/${command_id.toLowerCase()}`);

    expect(await ended(command_id)).toMatchObject({
      domain: 'e2e',
      type: 'TestCommand',
      purpose: 'standalone',
      status: 'COMPLETED',
      payload: { hello: 'world' },
      result: { echo: { hello: 'world' }, attempt: 1, extra: 1 },
      behavior: { send_response: true, response_data: { extra: 1 } },
      max_attempts: 2,
      backoff_ms: [0],
      lease_ms: 5000,
      priority: 1,
      correlation_id,
      history: [{ attempt: 1, outcome: 'success', effect: 'COMPLETED' }],
      reply: { queue: 'answers:1', outcome: 'SUCCESS' },
    });
    const { audit } = await detail(command_id);
    const { items } = (await lab.get(audit.replace('/api/v1', ''))).json();
    expect(items.map(({ type }: { type: string }) => type)).toEqual(['SENT', 'RECEIVED', 'COMPLETED']);
  });

  test('C03: with an id that was used is refused, in any spelling of it', async () => {
    const command_id = newId();
    expect((await lab.post('/commands', { command_id })).statusCode).toBe(202);
    const again = await lab.post('/commands', { command_id: command_id.toUpperCase() });
    expect(again.statusCode).toBe(409);
    expect(again.json().code).toBe('DUPLICATE_COMMAND');
  });

  test.each([
    [{ behavior: { fail_permanent_pct: 101 } }, 'behavior.fail_permanent_pct'],
    [{ behavior: { min_duration_ms: 2, max_duration_ms: 1 } }, 'behavior.min_duration_ms'],
    [{ payload: { deep: ['a\0b'] } }, 'payload.deep.0'],
    [{ payload: [] }, 'payload'],
    [{ max_attempts: 0 }, 'max_attempts'],
    [{ backoff_ms: [1, -1] }, 'backoff_ms.1'],
    [{ priority: 10 }, 'priority'],
    [{ reply_to: 'a b' }, 'reply_to'],
    [{ on_deadline: 'compensate', deadline_ms: 5 }, 'on_deadline'],
    [{ on_deadline: 'fail' }, 'on_deadline'],
    [{ deadline_ms: 5, delay_ms: 5 }, 'deadline_ms'],
    [{ domain: 'faultline', type: 'CancelBatch' }, 'domain'],
    [{ type: 'Nothing' }, 'type'],
    [{ nonsense: 1 }, 'nonsense'],
  ])('that cannot be is refused by path: %j', async (body, path) => {
    const refused = await lab.post('/commands', body);
    expect(refused.statusCode, refused.body).toBe(422);
    expect(refused.json().errors.map((error: { path: string }) => error.path)).toContain(path);
  });

  test('of another registered type runs that handler, chaos and all', async () => {
    const sent = await lab.post('/commands', {
      domain: 'reporting',
      type: 'StatementQuery',
      payload: { process_id: 'p' },
      behavior: { fail_business_rule_pct: 100, error_code: 'NO' },
    });
    const command = await ended(sent.json().command_id);
    expect(command).toMatchObject({ status: 'FAILED', error_code: 'NO', history: [{ fault: 'business_rule' }] });
  });

  test('an unknown command and an internal one are not found', async () => {
    expect((await lab.get(`/commands/${newId()}`)).statusCode).toBe(404);
    const batch_id = await lab.launch({ count: 1 });
    const { rows } = await pool.query(
      `select command_id from faultline.command where purpose = 'chunk' and batch_id = $1`,
      [batch_id],
    );
    expect((await lab.get(`/commands/${rows[0].command_id}`)).statusCode).toBe(404);
  });
});

describe('C04: many', () => {
  test('sends all of a list or none, and names each mistake by its place', async () => {
    const count = async () =>
      (await pool.query(`select count(*) from faultline.command where purpose = 'standalone'`)).rows[0].count;
    const before = await count();
    const refused = await lab.post('/command-batches', { commands: [{}, { priority: 99 }, { lease_ms: 1 }] });
    expect(refused.statusCode).toBe(422);
    expect(refused.json().errors.map((error: { path: string }) => error.path)).toEqual([
      'commands.1.priority',
      'commands.2.lease_ms',
    ]);
    const id = newId();
    const doubled = await lab.post('/command-batches', { commands: [{}, { command_id: id }, { command_id: id }] });
    expect(doubled.json().code).toBe('DUPLICATE_COMMAND');
    expect(await count()).toBe(before);
    const sent = await lab.post('/command-batches', { commands: [{ payload: { n: 1 } }, { payload: { n: 2 } }] });
    expect(sent.statusCode).toBe(202);
    const [first, second] = sent.json().command_ids;
    expect([(await detail(first)).payload, (await detail(second)).payload]).toEqual([{ n: 1 }, { n: 2 }]);
  });

  test('sends `count` commands alike as a batch, and refuses more than 100,000', async () => {
    expect((await lab.post('/command-batches', { count: 100_001, template: {} })).statusCode).toBe(422);
    expect((await lab.post('/command-batches', { template: {} })).json().errors[0].path).toBe('count');
    const sent = await lab.post('/command-batches', { count: 5, name: 'five', template: { payload: { same: true } } });
    expect(sent.statusCode, sent.body).toBe(202);
    const { batch_id } = sent.json();
    expect(sent.json()).toMatchObject({ status: 'CREATING', total_count: 5 });
    const batch = await until('it ended', async () => {
      const shown = (await lab.get(`/command-batches/${batch_id}`)).json();
      return shown.completed_at && shown;
    });
    expect(batch).toMatchObject({
      name: 'five',
      status: 'COMPLETED',
      completed_count: 5,
      percent: 100,
      type: 'TestCommand',
    });
  });
});

describe('a command sent with an Idempotency-Key', () => {
  test('is sent once, and answered alike', async () => {
    const key = { 'idempotency-key': newId() };
    const body = { payload: { n: 1 } };
    const [a, b] = await Promise.all([lab.post('/commands', body, key), lab.post('/commands', body, key)]);
    expect(a.statusCode, a.body).toBe(202);
    expect(b.json()).toEqual(a.json());
    expect((await detail(a.json().command_id)).payload).toEqual({ n: 1 });
    const other = await lab.post('/commands', {}, key);
    expect(other.json().code).toBe('IDEMPOTENCY_KEY_REUSED');
  });

  test('is not taken for a batch with the same body, nor the other way round', async () => {
    for (const paths of [['/commands', '/command-batches'] as const, ['/command-batches', '/commands'] as const]) {
      const key = { 'idempotency-key': newId() };
      expect((await lab.post(paths[0], {}, key)).statusCode).toBe(202);
      expect((await lab.post(paths[1], {}, key)).json().code).toBe('IDEMPOTENCY_KEY_REUSED');
    }
  });
});

describe('C17: the list', () => {
  test('is filtered by each of its filters, and paged without a gap or a repetition', async () => {
    const batch_id = await lab.launch({ count: 2 });
    await lab.atRest(batch_id);
    const { rows } = await pool.query(
      `select command_id, purpose, status, domain, type from faultline.command where purpose not in ('chunk', 'job')`,
    );
    const collect = async (filter: string) => {
      const found: { command_id: string; created_at: string }[] = [];
      for (let cursor = ''; ; ) {
        const page = (await lab.get(`/commands?limit=3${filter}${cursor}`)).json();
        found.push(...page.items);
        if (page.next_cursor === null) return found;
        cursor = `&cursor=${page.next_cursor}`;
      }
    };
    const ids = (list: readonly { command_id: string }[]) => list.map(({ command_id }) => command_id).sort();
    const all = await collect('');
    expect(ids(all)).toEqual(ids(rows as { command_id: string }[]));
    const standalone = await collect('&purpose=standalone');
    expect(ids(standalone)).toEqual(ids(rows.filter((row) => row.purpose === 'standalone')));
    expect(standalone.map(({ created_at }) => created_at)).toEqual(
      standalone
        .map(({ created_at }) => created_at)
        .sort()
        .reverse(),
    );
    for (const [filter, keep] of [
      ['&purpose=step', (row) => row.purpose === 'step'],
      ['&status=FAILED', (row) => row.status === 'FAILED'],
      ['&domain=e2e', (row) => row.domain === 'e2e'],
      ['&type=StatementQuery', (row) => row.type === 'StatementQuery'],
      [`&created_to=${new Date(0).toISOString()}`, () => false],
      [`&created_from=${new Date(0).toISOString()}`, () => true],
    ] as [string, (row: Record<string, string>) => boolean][]) {
      expect(ids(await collect(filter)), filter).toEqual(ids(rows.filter(keep)));
    }
    const { items } = (await lab.get(`/processes?batch_id=${batch_id}`)).json();
    expect(await collect(`&process_id=${items[0].process_id}`)).toHaveLength(3);
    expect(await collect(`&batch_id=${batch_id}`)).toHaveLength(6);
    expect((await lab.get('/commands?cursor=bm9uZQ')).json().errors[0].path).toBe('cursor');
    // Ids are made before the transaction that sends them begins, and of two the later one may have begun before.
    await pool.query(
      `update faultline.command c set created_at = c.created_at + (7 * n.n % 5 - 2) * interval '400 ms'
       from (select command_id, row_number() over (order by command_id) as n from faultline.command) n where n.command_id = c.command_id`,
    );
    expect(ids(await collect(''))).toEqual(ids(rows as { command_id: string }[]));
  });
});
