// Launching by the API: a hundred thousand at once and their cancellation, what is refused, and what is the same launch twice.

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { BatchDetail, Problem } from '../../src/http/contract.ts';
import { until } from '../support/until.ts';
import { QUARTER, type System, startSystem } from './lab.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 90_000 });

let system: System;

beforeAll(async () => {
  system = await startSystem();
});

afterAll(() => system.dispose());

const VALID = { ...QUARTER, count: 1, output_type: 'csv' };

async function countBatches(): Promise<number> {
  const [row] = await system.sql<{ count: number }>('select count(*)::int from faultline.batch');
  return row?.count ?? 0;
}

describe('a launch that is not acceptable names the field and leaves nothing behind', () => {
  const chaos = (behavior: object) => ({ behavior: { render: behavior } });

  test.each<[string, object, string]>([
    ['a count of 0', { count: 0 }, 'count'],
    ['a count of 100,001', { count: 100_001 }, 'count'],
    ['a count in words', { count: 'ten' }, 'count'],
    ['a period that ends before it begins', { from_date: '2026-04-01' }, 'to_date'],
    ['an unknown output type', { output_type: 'docx' }, 'output_type'],
    ['an unknown field', { colour: 'red' }, 'colour'],
    ['more than 100 %', chaos({ fail_permanent_pct: 101 }), 'behavior.render.fail_permanent_pct'],
    [
      'a shortest delay above the longest',
      chaos({ min_duration_ms: 20, max_duration_ms: 10 }),
      'behavior.render.min_duration_ms',
    ],
    ['a NUL in a text', chaos({ error_message: 'a\0b' }), 'behavior.render.error_message'],
  ])('%s', async (_, change, path) => {
    const before = await countBatches();
    const answer = await system.post('/process-batches', { ...VALID, ...change });
    const problem = (await answer.json()) as Problem;
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json\b/);
    expect(answer.status).toBe(422);
    expect(problem).toMatchObject({ status: 422, code: 'INVALID_INPUT' });
    expect(problem.errors.map((error) => error.path)).toEqual([path]);
    expect(await countBatches()).toBe(before);
  });

  test('what is no JSON at all', async () => {
    const before = await countBatches();
    const headers = { 'content-type': 'application/json' };
    const answer = await system.send('/process-batches', { method: 'POST', headers, body: '{"count": 1,' });
    expect([answer.status, (await answer.json()) as Problem]).toEqual([
      400,
      expect.objectContaining({ code: 'MALFORMED_JSON' }),
    ]);
    expect(await countBatches()).toBe(before);
  });
});

/** Of a launch: a batch, or what was wrong. */
interface Answer {
  batch_id?: string;
  seed?: string;
  code?: string;
}

describe('with an Idempotency-Key', () => {
  const launch = async (key: string, change: object = {}) => {
    const answer = await system.post('/process-batches', { ...VALID, ...change }, { 'idempotency-key': key });
    return { status: answer.status, body: (await answer.json()) as Answer };
  };

  test('the same launch twice, one after the other or at once, makes one batch', async () => {
    const before = await countBatches();
    const answers = [await launch('later'), ...(await Promise.all([launch('later'), launch('later')]))];
    expect(answers[0]).toMatchObject({ status: 202, body: { batch_id: expect.any(String) } });
    expect(answers).toEqual(answers.map(() => answers[0]));
    const atOnce = await Promise.all(Array.from({ length: 5 }, () => launch('at-once')));
    expect(atOnce[0]?.status).toBe(202);
    expect(atOnce).toEqual(atOnce.map(() => atOnce[0]));
    expect(await countBatches()).toBe(before + 2);
  });

  test('another launch under the same key is refused', async () => {
    await launch('other');
    const before = await countBatches();
    const { status, body } = await launch('other', { count: 2 });
    expect([status, body.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
    expect(await countBatches()).toBe(before);
  });
});

test('a hundred thousand are accepted before they exist, appear as one watches, and can be cancelled', async () => {
  const total_count = 100_000;
  const accepted = await system.launch({ count: total_count });
  expect(accepted).toMatchObject({ status: 'CREATING', total_count });
  const { batch_id } = accepted;
  const first = await system.batch(batch_id);
  expect(first.status).toBe('CREATING');
  expect(first.created_count).toBeLessThan(total_count);

  await until('creation moves on', async () => (await system.batch(batch_id)).created_count > first.created_count);
  const answer = await system.post(`/process-batches/${batch_id}/cancel`, { reason: 'seen enough' });
  expect([answer.status, await answer.json()]).toEqual([200, { batch_id, status: 'CANCELING' }]);

  const batch = await system.untilStill(batch_id, { deadline_ms: 120_000 });
  expect(batch).toMatchObject({ status: 'CANCELED', waiting_count: 0, in_troubleshooting_count: 0 });
  expect(batch.created_count).toBeLessThan(total_count);
  expect(batch.canceled_count).toBeGreaterThan(0);
  expect(endedCount(batch)).toBe(batch.created_count);
  // The counts are those of the rows, and nothing is left that could still be done.
  const [rows] = await system.sql(
    `select (select count(*)::int from faultline.process where batch_id = $1::uuid) as processes,
            (select count(*)::int from faultline.process where batch_id = $1::uuid and status = 'CANCELED') as canceled,
            (select count(*)::int from faultline.process where batch_id = $1::uuid and completed_at is null) as open,
            (select count(*)::int from faultline.command
             where batch_id = $1::uuid and status in ('PENDING', 'IN_PROGRESS', 'IN_TROUBLESHOOTING_QUEUE')) as unsettled`,
    [batch_id],
  );
  expect(rows).toEqual({
    processes: batch.created_count,
    canceled: batch.canceled_count,
    open: 0,
    unsettled: 0,
  });
});

function endedCount(batch: BatchDetail): number {
  return batch.completed_count + batch.compensated_count + batch.failed_count + batch.canceled_count;
}
