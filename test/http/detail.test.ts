// Details: a batch with its funnel, a process with its timeline, and the documents it stored.

import { describe, expect, test } from 'vitest';
import type { BatchRecord } from '../../src/db/queries/read-batches.ts';
import { addSample, etaOf, rateOf } from '../../src/http/batch-rate.ts';
import type { StepFunnel } from '../../src/http/contract.ts';
import { newId } from '../../src/model/ids.ts';
import { at, insertAttempt, insertBatch, insertCommand, insertProcess } from '../support/factories.ts';
import { documents, openLab } from './lab.ts';

const lab = await openLab();
const { pool } = lab.database;
await lab.work();

describe('of a batch', () => {
  test('its funnel counts every attempt, by step in order, injected ones by fault', async () => {
    const batch_id = await lab.launch({
      count: 40,
      seed: 'funnel',
      behavior: {
        query: { fail_transient_pct: 30 },
        aggregation: { fail_permanent_pct: 20 },
        render: { fail_business_rule_pct: 30 },
      },
      retry: { max_attempts: 2, backoff_ms: [0] },
    });
    const batch = await lab.atRest(batch_id);
    const { rows } = await pool.query(
      `select step, count(*) as attempts, count(*) filter (where outcome = 'success') as success,
         count(*) filter (where outcome = 'transient') as transient, count(*) filter (where outcome = 'permanent') as permanent,
         count(*) filter (where outcome = 'business_rule') as business_rule, count(*) filter (where fault is not null) as faults
       from faultline.attempt where batch_id = $1 and purpose = 'step' group by step`,
      [batch_id],
    );
    const counted = (batch.steps as StepFunnel[]).map(({ injected, timeout, interrupted, ...funnel }) => ({
      ...funnel,
      faults: Object.values(injected).reduce((sum, count) => sum + count, 0),
    }));
    expect(counted.map(({ step }) => step)).toEqual(['query', 'aggregation', 'render']);
    expect(counted).toEqual(expect.arrayContaining(rows));
    expect(counted[0]).toMatchObject({ transient: expect.any(Number), faults: expect.any(Number) });
    expect(Number(counted[0]?.transient)).toBeGreaterThan(0);
    const { throughput } = batch as { throughput: { success: number; failed: number; injected: number }[] };
    const total = await pool.query(
      `select count(*) filter (where outcome = 'success') as success, count(*) filter (where outcome <> 'success' and fault is null) as failed,
         count(*) filter (where outcome <> 'success' and fault is not null) as injected
       from faultline.attempt where batch_id = $1 and purpose <> 'chunk'`,
      [batch_id],
    );
    const sum = (key: 'success' | 'failed' | 'injected') => throughput.reduce((all, slice) => all + slice[key], 0);
    expect({ success: sum('success'), failed: sum('failed'), injected: sum('injected') }).toEqual(total.rows[0]);
  });

  test('visits of a step count together, compensations not at all, and unreached steps are there', async () => {
    const { batch_id } = await insertBatch(pool, 'COMPLETED', { created_at: at(0), completed_at: at(60) });
    for (const step of ['query', 'query#2', 'query#3'])
      await insertAttempt(pool, await insertCommand(pool, 'COMPLETED', { batch_id, step }));
    await insertAttempt(pool, await insertCommand(pool, 'COMPLETED', { batch_id, purpose: 'compensation' }));
    // Delivered twice, and done.
    const twice = { batch_id, step: 'query', fault: 'duplicate' };
    await insertAttempt(pool, await insertCommand(pool, 'COMPLETED', twice), { fault: 'duplicate' });
    const { steps, throughput } = (await lab.get(`/process-batches/${batch_id}`)).json();
    expect(steps).toMatchObject([
      { step: 'query', attempts: 4, success: 4, injected: { duplicate: 1 } },
      { step: 'aggregation', attempts: 0 },
      { step: 'render', attempts: 0, injected: {} },
    ]);
    expect(throughput).toHaveLength(6);
    expect(throughput.at(-1)).toEqual({ at: at(5).toISOString(), success: 5, failed: 0, injected: 0 });
  });

  test('one that ended after the funnel was computed is computed again at once', async () => {
    const batch = await insertBatch(pool, 'RUNNING', { created_at: at(0) });
    const path = `/process-batches/${batch.batch_id}`;
    const attempts = async () => (await lab.get(path)).json().steps[0].attempts;
    expect(await attempts()).toBe(0);
    await insertAttempt(pool, await insertCommand(pool, 'COMPLETED', { batch_id: batch.batch_id }));
    await pool.query(`update faultline.batch set status = 'COMPLETED', completed_at = now() where batch_id = $1`, [
      batch.batch_id,
    ]);
    expect(await attempts()).toBe(1);
  });

  test('an unknown one is 404', async () => {
    const answer = await lab.get(`/process-batches/${newId()}`);
    expect([answer.statusCode, answer.json().code]).toEqual([404, 'NOT_FOUND']);
  });
});

describe('rate and ETA', () => {
  const seen = (seconds: number, completed_count: number, fields: Partial<BatchRecord> = {}) =>
    ({
      status: 'RUNNING',
      created_at: at(0),
      counted_at: at(seconds),
      total_count: 1_000,
      created_count: 1_000,
      completed_count,
      compensated_count: 0,
      failed_count: 0,
      canceled_count: 0,
      in_troubleshooting_count: 0,
      ...fields,
    }) as BatchRecord;
  const rate = (...looks: BatchRecord[]) => {
    const samples = looks.reduce<ReturnType<typeof addSample>>((kept, look) => addSample(kept, look), []);
    return rateOf(samples, looks.at(-1) as BatchRecord);
  };

  test('the first look counts from creation, later ones over the last seconds', () => {
    expect(rate(seen(4, 100))).toBe(25);
    expect(rate(seen(4, 100), seen(6, 300))).toBe(100);
    expect(rate(seen(1, 0), seen(2, 10), seen(30, 300), seen(40, 900))).toBe(60);
  });

  test('the same count looked at twice is one look', () => {
    expect(rate(seen(4, 100), seen(4, 100))).toBe(25);
  });

  test('nothing that does not run has a rate', () => {
    for (const status of ['AT_REST', 'COMPLETED', 'CANCELED'] as const)
      expect(rate(seen(4, 100, { status }))).toBeNull();
    expect(rate(seen(4, 100, { counted_at: null }))).toBeNull();
  });

  test('what waits for an operator is not waited for', () => {
    expect(etaOf(100, seen(4, 500, { in_troubleshooting_count: 100 }))).toBe(4_000);
    expect(etaOf(100, seen(4, 500, { status: 'CANCELING', created_count: 600 }))).toBe(1_000);
    expect(etaOf(0, seen(4, 500))).toBeNull();
    expect(etaOf(null, seen(4, 500))).toBeNull();
  });
});

describe('of a process', async () => {
  const batch_id = await lab.launch({
    count: 1,
    behavior: { query: { fail_transient_pct: 50 } },
    seed: 'a',
    retry: { max_attempts: 20, backoff_ms: [0] },
  });
  await lab.atRest(batch_id);
  const [listed] = (await lab.get(`/process-batches/${batch_id}/processes`)).json().items;
  const process = (await lab.get(`/processes/${listed.process_id}`)).json();

  test('its timeline has every step with every attempt, and its behavior', () => {
    expect(process).toMatchObject({
      batch_id,
      ordinal: 0,
      process_type: 'StatementReport',
      status: 'COMPLETED',
      behavior: { query: { fail_transient_pct: 50 } },
      state: { behavior: { query: { fail_transient_pct: 50 } }, output_type: 'html' },
      awaiting_command_id: null,
      error_code: null,
    });
    expect(
      process.steps.map(({ step, purpose, status, type }: Record<string, string>) => [step, purpose, status, type]),
    ).toEqual([
      ['query', 'step', 'COMPLETED', 'StatementQuery'],
      ['aggregation', 'step', 'COMPLETED', 'StatementDataAggregation'],
      ['render', 'step', 'COMPLETED', 'StatementRender'],
    ]);
    for (const { attempts, result } of process.steps) {
      expect(attempts.map(({ attempt }: { attempt: number }) => attempt)).toEqual(
        attempts.map((_: unknown, n: number) => n + 1),
      );
      expect(attempts.at(-1)).toMatchObject({ outcome: 'success', effect: 'COMPLETED', fault: null });
      for (const failed of attempts.slice(0, -1))
        expect(failed).toMatchObject({ outcome: 'transient', effect: 'RETRY', fault: 'transient' });
      expect(result).toEqual({ result_path: expect.any(String) });
    }
    expect(new Date(process.created_at).toISOString()).toBe(process.created_at);
  });

  test('the list shows the same process', () => {
    const { steps, artifacts, awaiting_command_id, ...shown } = process;
    expect(listed).toEqual(shown);
  });

  test('an attempt under way is the last of its step', async () => {
    const command = await insertCommand(pool, 'IN_PROGRESS', {
      attempts: 2,
      attempt_started_at: at(20),
      fault: 'timeout',
    });
    await insertAttempt(pool, command, { outcome: 'released', effect: 'RELEASED' });
    const { process_id } = await insertProcess(pool, 'WAITING_FOR_REPLY', { command_ids: [command.command_id] });
    const { steps } = (await lab.get(`/processes/${process_id}`)).json();
    expect(steps[0].attempts).toMatchObject([
      { attempt: 1, outcome: 'released' },
      { attempt: 2, outcome: null, ended_at: null, fault: 'timeout', started_at: at(20).toISOString() },
    ]);
  });

  test('an unknown one is 404', async () => {
    expect((await lab.get(`/processes/${newId()}`)).statusCode).toBe(404);
  });

  describe('documents', () => {
    const open = (step: string) => lab.get(`/processes/${process.process_id}/artifacts/${step}`);

    test('what the process links to opens in the browser, under its own name and without scripts', async () => {
      const { href, path } = process.artifacts.find(({ step }: { step: string }) => step === 'render');
      const answer = await lab.app.inject(href);
      expect([answer.statusCode, answer.body]).toEqual([200, documents.get(path)?.text]);
      expect(answer.headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'content-length': String(Buffer.byteLength(answer.body)),
        'content-disposition': `inline; filename="_nter_lagen render.html"; filename*=UTF-8''%C3%9Cnter%22lagen%20render.html`,
        'x-content-type-options': 'nosniff',
      });
      expect(answer.headers['content-security-policy']).toMatch(/^sandbox; default-src 'none'/);
    });

    test('a document that runs no scripts needs no policy, which some viewers do not survive', async () => {
      const answer = await open('query');
      expect(answer.statusCode).toBe(200);
      expect(answer.headers['content-security-policy']).toBeUndefined();
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
    });

    test.each(['aggregation', 'nothing', '..%2f..%2fpackage.json', '%2fetc%2fpasswd', 'render%00'])(
      '%s is no document of it',
      async (step) => {
        expect((await open(step)).statusCode).toBe(step.endsWith('%00') ? 422 : 404);
      },
    );

    test('a document that is gone is 404', async () => {
      const { path } = process.artifacts[0];
      documents.delete(path);
      expect((await open(process.artifacts[0].step)).statusCode).toBe(404);
    });
  });
});
