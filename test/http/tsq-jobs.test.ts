// The troubleshooting queue as a whole over HTTP: its size, its causes, and jobs over all that matches.

import { beforeAll, describe, expect, test } from 'vitest';
import type { TsqGroup, TsqJobDetail } from '../../src/http/contract.ts';
import { newId } from '../../src/model/ids.ts';
import { until } from '../support/until.ts';
import { openLab } from './lab.ts';

const lab = await openLab();
await lab.work();

/** Batches at rest, whose every process waits for an operator. */
async function park(count: number, step: string, fields: object = {}): Promise<string> {
  const batch_id = await lab.launch({ count, behavior: { [step]: { fail_permanent_pct: 100, ...fields } } });
  await lab.atRest(batch_id);
  return batch_id;
}

const read = async <T>(path: string): Promise<T> => (await lab.get(path)).json() as T;
const itemsOf = async (filter: string) =>
  (await read<{ items: { command_id: string; process_id: string; error_group: string }[] }>(`/tsq?${filter}`)).items;

async function untilEnded(job_id: string): Promise<TsqJobDetail> {
  return until('the job has ended', async () => {
    const job = await read<TsqJobDetail>(`/tsq/jobs/${job_id}`);
    return job.status !== 'RUNNING' && job;
  });
}

const VENDOR = { error_code: 'VENDOR_DOWN', error_message: 'Vendor 17 is away.' };

describe('T01: size and causes', async () => {
  const large = await park(5, 'query');
  const small = await park(2, 'render', VENDOR);

  test('each cause with its count, the largest first, and one of its items', async () => {
    const { count, groups } = await read<{ count: number; groups: TsqGroup[] }>('/tsq/groups');
    expect(count).toBe(7);
    expect(groups).toMatchObject([
      { error_code: 'CHAOS_PERMANENT', injected: true, domain: 'reporting', type: 'StatementQuery', count: 5 },
      {
        error_group: 'VENDOR_DOWN: Vendor <n> is away.',
        type: 'StatementRender',
        count: 2,
        sample_message: 'Vendor 17 is away.',
      },
    ]);
    const ids = (await itemsOf(`batch_id=${small}`)).map((item) => item.command_id);
    expect(ids).toContain(groups[1]?.sample_command_id);
    for (const { oldest_at, newest_at } of groups) expect(oldest_at <= newest_at).toBe(true);
  });

  test('the filters of list, count, groups and jobs mean the same', async () => {
    const [item] = await itemsOf(`batch_id=${small}`);
    const group = encodeURIComponent(item?.error_group ?? '');
    for (const [filter, count] of [
      ['domain=reporting', 7],
      [`batch_id=${large}`, 5],
      ['type=StatementRender', 2],
      ['error_code=VENDOR_DOWN', 2],
      [`error_group=${group}`, 2],
      [`process_id=${item?.process_id}`, 1],
      ['injected=false', 0],
      [`injected=true&batch_id=${large}`, 5],
    ] as const) {
      expect([filter, (await itemsOf(filter)).length]).toEqual([filter, count]);
      expect([filter, await read(`/tsq/count?${filter}`)]).toEqual([filter, { count }]);
      expect([filter, (await read<{ count: number }>(`/tsq/groups?${filter}`)).count]).toEqual([filter, count]);
    }
    expect((await lab.get('/tsq/count?cause=x')).statusCode).toBe(422);
  });
});

describe('T02, T03: a job', () => {
  let batch_id: string;
  beforeAll(async () => {
    batch_id = await park(4, 'query', VENDOR);
  });

  test('is accepted with what it will do, followed by its counts, and names itself and its operator in the audit', async () => {
    const [item] = await itemsOf(`batch_id=${batch_id}`);
    const body = { verb: 'cancel', filter: { batch_id }, reason: 'the wrong month', actor: 'ada' };
    const answer = await lab.post('/tsq/jobs', body);
    expect([answer.statusCode, answer.json()]).toEqual([202, { job_id: expect.any(String), total_count: 4 }]);
    const { job_id } = answer.json();
    const job = await untilEnded(job_id);
    expect(job).toEqual({
      job_id,
      ...body,
      status: 'COMPLETED',
      total_count: 4,
      done_count: 4,
      failed_count: 0,
      progress: 1,
      rate_per_second: expect.any(Number),
      eta_ms: null,
      began_at: expect.stringMatching(/Z$/),
      completed_at: expect.stringMatching(/Z$/),
      aborted_by: null,
      failures: { items: [], next_cursor: null },
    });
    const { items } = await read<{ items: { type: string; details: object }[] }>(
      `/audit?command_id=${item?.command_id}`,
    );
    expect(items.find(({ type }) => type === 'OPERATOR_CANCEL')).toMatchObject({
      details: { actor: 'ada', reason: 'the wrong month', job_id },
    });
    const batch = await until('the batch has ended', async () => {
      const batch = await read<Record<string, unknown>>(`/process-batches/${batch_id}`);
      return batch.completed_at !== null && batch;
    });
    expect(batch).toMatchObject({ compensated_count: 4, in_troubleshooting_count: 0 });
  });

  test('lists what it could not do, page by page', async () => {
    const command_ids = Array.from({ length: 5 }, () => newId());
    const { job_id } = (await lab.post('/tsq/jobs', { verb: 'retry', filter: { command_ids } })).json();
    expect(await untilEnded(job_id)).toMatchObject({
      done_count: 0,
      failed_count: 5,
      filter: { selected: 5 },
      actor: 'local',
    });
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { failures }: TsqJobDetail = await read(`/tsq/jobs/${job_id}?limit=2${cursor && `&cursor=${cursor}`}`);
      expect(failures.items[0]).toMatchObject({ error_code: 'NOT_FOUND' });
      seen.push(...failures.items.map((failure) => failure.command_id));
      cursor = failures.next_cursor;
    }
    expect(seen).toEqual(command_ids.toSorted());
    expect((await lab.get(`/tsq/jobs/${job_id}?cursor=nonsense`)).statusCode).toBe(422);
  });

  test('is in the list, the newest first', async () => {
    const { job_id } = (await lab.post('/tsq/jobs', { verb: 'complete', filter: { all: true }, result: null })).json();
    const ended = await untilEnded(job_id);
    const first = await read<{ items: TsqJobDetail[]; next_cursor: string }>('/tsq/jobs?limit=1');
    const { failures: _failures, ...shown } = ended;
    expect(first.items).toEqual([shown]);
    const second = await read<{ items: TsqJobDetail[] }>(`/tsq/jobs?limit=1&cursor=${first.next_cursor}`);
    expect(second.items).toHaveLength(1);
    expect((second.items[0]?.began_at ?? '') < ended.began_at).toBe(true);
  });

  test('that has ended cannot be aborted (409), one that is not there neither (404)', async () => {
    const { job_id } = (await lab.post('/tsq/jobs', { verb: 'retry', filter: { domain: 'nowhere' } })).json();
    await untilEnded(job_id);
    const late = await lab.post(`/tsq/jobs/${job_id}/abort`, { actor: 'ada' });
    expect([late.statusCode, late.json().code]).toEqual([409, 'WRONG_STATE']);
    expect((await lab.post(`/tsq/jobs/${newId()}/abort`)).statusCode).toBe(404);
    expect((await lab.get(`/tsq/jobs/${newId()}`)).statusCode).toBe(404);
  });

  test.each([
    ['verb', { verb: 'delete', filter: { all: true } }],
    ['filter', { verb: 'retry' }],
    ['filter', { verb: 'retry', filter: {} }],
    ['filter.cause', { verb: 'retry', filter: { cause: 'x' } }],
    ['filter.all', { verb: 'retry', filter: { all: false } }],
    ['filter.all', { verb: 'retry', filter: { all: true, domain: 'reporting' } }],
    ['filter.batch_id', { verb: 'retry', filter: { batch_id: 'x' } }],
    ['filter.command_ids', { verb: 'retry', filter: { command_ids: [] } }],
    ['filter.command_ids.0', { verb: 'retry', filter: { command_ids: ['x'] } }],
    ['reason', { verb: 'cancel', filter: { all: true } }],
    ['result', { verb: 'retry', filter: { all: true }, result: {} }],
  ])('is refused by the name of the field %s: %o', async (path, body) => {
    const answer = await lab.post('/tsq/jobs', body);
    expect([answer.statusCode, answer.json().errors?.map((error: { path: string }) => error.path)]).toEqual([
      422,
      [path],
    ]);
  });
});
