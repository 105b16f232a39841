// Lists: pages that meet without overlap or gap while rows come and go, filters, and nothing that grows with what is skipped.

import { describe, expect, test } from 'vitest';
import { newId } from '../../src/model/ids.ts';
import { BATCH_STATUSES, PROCESS_STATUSES } from '../../src/model/process.ts';
import { at, insertBatch, insertCommand, insertProcess } from '../support/factories.ts';
import { openLab } from './lab.ts';

const lab = await openLab();
const { pool } = lab.database;

interface Page {
  items: Record<string, unknown>[];
  next_cursor: string | null;
}

/** Every item of a list, page by page; `between` is done after each page. */
async function walk(
  path: string,
  limit: number,
  between: () => Promise<unknown> = async () => {},
): Promise<Page['items']> {
  const items: Page['items'] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const separator = path.includes('?') ? '&' : '?';
    const answer = await lab.get(`${path}${separator}limit=${limit}${cursor === '' ? '' : `&cursor=${cursor}`}`);
    expect(answer.statusCode, answer.body).toBe(200);
    const page: Page = answer.json();
    expect(page.items.length).toBeLessThanOrEqual(limit);
    items.push(...page.items);
    cursor = page.next_cursor;
    await between();
  }
  return items;
}

const ids = (items: Page['items'], key: string) => items.map((item) => item[key]);

describe('batches', () => {
  test('one of each state, newest first, whole and by status', async () => {
    const made: string[] = [];
    for (const status of BATCH_STATUSES) made.unshift((await insertBatch(pool, status, { name: status })).batch_id);
    const all = await walk('/process-batches', 3);
    expect(ids(all, 'batch_id').slice(0, made.length)).toEqual(made);
    for (const status of BATCH_STATUSES) {
      const some = await walk(`/process-batches?status=${status}`, 1);
      expect(new Set(ids(some, 'status'))).toEqual(new Set([status]));
      expect(ids(some, 'name').filter((name) => name !== null)).toEqual([status]);
    }
  });

  test('a batch that comes while one pages moves nothing', async () => {
    const before = ids(await walk('/process-batches', 100), 'batch_id');
    const seen = await walk('/process-batches', 2, () => insertBatch(pool, 'COMPLETED'));
    expect(ids(seen, 'batch_id')).toEqual(before);
  });

  test('batches of commands are not among them', async () => {
    const { batch_id } = await insertBatch(pool, 'RUNNING', { kind: 'command' });
    expect(ids(await walk('/process-batches', 100), 'batch_id')).not.toContain(batch_id);
    expect((await lab.get(`/process-batches/${batch_id}`)).statusCode).toBe(404);
  });
});

describe('processes', async () => {
  const [older, newer] = [await insertBatch(pool, 'RUNNING'), await insertBatch(pool, 'RUNNING')];
  const made: { process_id: string; status: string; batch_id: string }[] = [];
  for (const { batch_id } of [newer, older]) {
    for (let ordinal = 0; ordinal < 21; ordinal++) {
      const status = PROCESS_STATUSES[ordinal % 7] as (typeof PROCESS_STATUSES)[number];
      const { process_id } = await insertProcess(pool, status, { batch_id, ordinal });
      made.push({ process_id, status, batch_id });
    }
  }

  test('of a batch, by ordinal', async () => {
    const path = `/process-batches/${older.batch_id}/processes`;
    const expected = made.filter((process) => process.batch_id === older.batch_id).map(({ process_id }) => process_id);
    expect(ids(await walk(path, 4), 'process_id')).toEqual(expected);
    expect(ids(await walk(`/processes?batch_id=${older.batch_id}`, 100), 'process_id')).toEqual(expected);
  });

  test.each([...PROCESS_STATUSES])('%s, in one batch and in all, newest batch first', async (status) => {
    const expected = made.filter((process) => process.status === status);
    const of = (batch_id: string) =>
      expected.filter((process) => process.batch_id === batch_id).map(({ process_id }) => process_id);
    expect(ids(await walk(`/process-batches/${newer.batch_id}/processes?status=${status}`, 2), 'process_id')).toEqual(
      of(newer.batch_id),
    );
    expect(ids(await walk(`/processes?status=${status}`, 2), 'process_id')).toEqual([
      ...of(newer.batch_id),
      ...of(older.batch_id),
    ]);
  });

  test('pages meet wherever they are cut', async () => {
    const expected = made.map(({ process_id }) => process_id);
    for (const limit of [1, 7, 20, 21, 22, 100])
      expect(ids(await walk('/processes', limit), 'process_id')).toEqual(expected);
  });

  test('a process that ends while one pages is neither doubled nor lost', async () => {
    let ordinal = 0;
    const end = () =>
      pool.query(
        `update faultline.process set status = 'COMPLETED', completed_at = now() where batch_id = $1 and ordinal = $2`,
        [newer.batch_id, ordinal++],
      );
    const seen = ids(await walk(`/process-batches/${newer.batch_id}/processes`, 5, end), 'ordinal');
    expect(seen).toEqual(Array.from({ length: 21 }, (_, n) => n));
  });

  test('of a batch that is not there: 404; of one without processes yet: none', async () => {
    expect((await lab.get(`/process-batches/${newId()}/processes`)).statusCode).toBe(404);
    const { batch_id } = await insertBatch(pool, 'CREATING');
    expect((await lab.get(`/process-batches/${batch_id}/processes`)).json()).toEqual({ items: [], next_cursor: null });
  });
});

describe('T01: the troubleshooting queue', async () => {
  const { batch_id } = await insertBatch(pool, 'AT_REST');
  const parked: string[] = [];
  for (let n = 0; n < 12; n++) {
    const command = await insertCommand(pool, 'IN_TROUBLESHOOTING_QUEUE', {
      fault: n % 6 === 0 ? 'permanent' : null,
      parked_at: at(100 + Math.floor(n / 4)),
      batch_id: n % 2 === 0 ? batch_id : null,
      domain: n % 3 === 0 ? 'payouts' : 'reporting',
      type: n % 4 === 0 ? 'StatementRender' : 'StatementQuery',
      error_code: n % 6 === 0 ? 'CHAOS_PERMANENT' : 'BROKEN',
    });
    parked.unshift(command.command_id);
  }
  // Newest first; at one instant the higher id first.
  const index = (n: number) => parked[parked.length - 1 - n];

  test('last parked first, whatever the page', async () => {
    for (const limit of [1, 5, 12]) expect(ids(await walk('/tsq', limit), 'command_id')).toEqual(parked);
  });

  test.each([
    ['batch_id', `batch_id=${batch_id}`, (n: number) => n % 2 === 0],
    ['domain', 'domain=payouts', (n: number) => n % 3 === 0],
    ['type', 'type=StatementRender', (n: number) => n % 4 === 0],
    ['error_code', 'error_code=BROKEN', (n: number) => n % 6 !== 0],
    ['injected', 'injected=true', (n: number) => n % 6 === 0],
    ['real', 'injected=false', (n: number) => n % 6 !== 0],
    ['two at once', 'injected=true&type=StatementRender', (n: number) => n % 12 === 0],
  ])('by %s', async (_what, filter, matches) => {
    const expected = Array.from({ length: 12 }, (_, n) => n)
      .filter(matches)
      .map(index)
      .reverse();
    expect(ids(await walk(`/tsq?${filter}`, 2), 'command_id')).toEqual(expected);
  });

  test('an injected fault is marked, a real failure is not', async () => {
    const items = await walk('/tsq', 100);
    expect(items.filter((item) => item.fault !== null).every((item) => item.error_code === 'CHAOS_PERMANENT')).toBe(
      true,
    );
    expect(items.find((item) => item.command_id === index(0))).toMatchObject({
      kind: 'command',
      attempts: 1,
      max_attempts: 3,
      reason: 'PERMANENT',
      error_group: 'BROKEN: It broke.',
      fault: 'permanent',
    });
  });

  test('a process whose own code threw is there with its command, and is no injected failure', async () => {
    // Delivered twice, which is not why it threw.
    const command = await insertCommand(pool, 'COMPLETED', { step: 'query', fault: 'duplicate' });
    const { process_id } = await insertProcess(pool, 'WAITING_FOR_TSQ', {
      error_code: 'ADVANCE_FAILED',
      error_message: 'TypeError: no',
      awaiting_command_id: command.command_id,
      parked_at: at(101.5),
    });
    const items = await walk('/tsq', 3);
    expect(items).toHaveLength(13);
    expect(items[4]).toMatchObject({
      kind: 'advance_failed',
      command_id: command.command_id,
      process_id,
      error_code: 'ADVANCE_FAILED',
      fault: null,
      parked_at: at(101.5).toISOString(),
    });
    expect(await walk('/tsq?injected=true', 100)).toHaveLength(2);
    expect(await walk('/tsq?error_code=ADVANCE_FAILED', 100)).toHaveLength(1);
    expect(await walk('/tsq?error_code=ADVANCE_FAILED&injected=false', 100)).toHaveLength(1);
  });

  test('one that stumbled over a reply which chaos had corrupted is an injected failure', async () => {
    const batch = await insertBatch(pool, 'AT_REST');
    const { batch_id } = batch;
    const command = await insertCommand(pool, 'COMPLETED', { step: 'query', fault: 'corrupt_reply', batch_id });
    const { process_id } = await insertProcess(pool, 'WAITING_FOR_TSQ', {
      batch_id,
      error_code: 'ADVANCE_FAILED',
      error_message: 'TypeError: no',
      awaiting_command_id: command.command_id,
      parked_at: at(101.5),
    });
    const of_batch = `batch_id=${batch_id}`;
    expect(await walk(`/tsq?${of_batch}&injected=true`, 3)).toMatchObject([{ process_id, fault: 'corrupt_reply' }]);
    expect(await walk(`/tsq?${of_batch}&injected=false`, 3)).toEqual([]);
    const { groups } = (await lab.get(`/tsq/groups?${of_batch}`)).json();
    expect(groups).toMatchObject([{ error_code: 'ADVANCE_FAILED', injected: true, count: 1 }]);
    // Not of the lists that the other tests look at.
    await pool.query('delete from faultline.process where batch_id = $1', [batch_id]);
    await pool.query('delete from faultline.command where batch_id = $1', [batch_id]);
  });

  test('an item that leaves while one pages takes no other with it', async () => {
    const before = ids(await walk('/tsq', 100), 'command_id');
    const leave = async () => {
      await pool.query(`update faultline.command set status = 'COMPLETED', parked_at = null where command_id = $1`, [
        before[0],
      ]);
    };
    expect(ids(await walk('/tsq', 4, leave), 'command_id')).toEqual(before);
    expect(ids(await walk('/tsq', 4), 'command_id')).toEqual(before.slice(1));
  });
});
