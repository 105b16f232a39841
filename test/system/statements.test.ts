// A thousand statements by the API, as a client would make them: all there, all right, and what fails on purpose waits and is told.

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { AuditEvent, Process, ProcessDetail, TsqItem } from '../../src/http/contract.ts';
import { readPdf } from '../reporting/pdf-reader.ts';
import { until } from '../support/until.ts';
import { expectEachOnce } from './exactly-once.ts';
import { eachOf, QUARTER, type System, startSystem } from './lab.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 90_000 });

const COUNT = 1_000;
const LONG = { deadline_ms: 90_000 };

let system: System;

beforeAll(async () => {
  system = await startSystem();
});

afterAll(() => system.dispose());

const processesOfBatch = (batch_id: string) => system.list<Process>(`/process-batches/${batch_id}/processes`);
const detailOf = (process_id: string) => system.read<ProcessDetail>(`/processes/${process_id}`);

describe('a thousand statements', () => {
  let batch_id: string;
  let processes: Process[];

  test('all complete, each step once', async () => {
    ({ batch_id } = await system.launch({ count: COUNT, output_type: 'pdf' }));
    expect(await system.untilStill(batch_id, LONG)).toMatchObject({
      status: 'COMPLETED',
      created_count: COUNT,
      completed_count: COUNT,
      waiting_count: 0,
    });
    await expectEachOnce(system, batch_id, COUNT, 'pdf');
    processes = await processesOfBatch(batch_id);
    expect(processes.map(({ ordinal, status }) => [ordinal, status])).toEqual(
      Array.from({ length: COUNT }, (_, ordinal) => [ordinal, 'COMPLETED']),
    );
  });

  test('each is a PDF that opens and whose balance is that of the ledger', async () => {
    const ledger = await readLedger(batch_id);
    const open = async ({ process_id }: Process) => {
      const { artifacts } = await detailOf(process_id);
      const statement = artifacts.find(({ step }) => step === 'render');
      const answer = await fetch(new URL(statement?.href ?? '', system.url));
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/pdf']);
      const { info, pages } = readPdf(new Uint8Array(await answer.arrayBuffer()));
      expect(pages.length).toBeGreaterThan(0);
      const facts = Object.fromEntries((info.Keywords ?? '').split('; ').map((fact) => fact.split('=')));
      const { opening_balance_cents, closing_balance_cents, transaction_count } = facts;
      return [process_id, { opening_balance_cents, closing_balance_cents, transaction_count }] as const;
    };
    const printed = await eachOf(processes, open);
    expect(printed).toHaveLength(COUNT);
    expect(new Map(printed)).toEqual(ledger);
    // The same for everybody would prove little.
    expect(new Set(printed.map(([, { closing_balance_cents }]) => closing_balance_cents)).size).toBeGreaterThan(300);
  });
});

/** By process: the balances of its accounts together, before and after the period, and what was booked in it. */
async function readLedger(batch_id: string) {
  const rows = await system.sql<{ process_id: string } & Record<string, string>>(
    `select p.process_id, sum(a.opening_balance_cents + b.before)::text as opening_balance_cents,
            sum(a.opening_balance_cents + b.before + b.during)::text as closing_balance_cents,
            sum(b.count)::text as transaction_count
     from faultline.process p
       cross join lateral jsonb_array_elements_text(p.state->'account_list') as wanted(iban)
       join reporting.account a using (iban)
       cross join lateral (
         select coalesce(sum(amount_cents) filter (where booked_on < $2::date), 0) as before,
                coalesce(sum(amount_cents) filter (where booked_on between $2::date and $3::date), 0) as during,
                count(*) filter (where booked_on between $2::date and $3::date) as count
         from reporting.transaction t where t.account_id = a.account_id) b
     where p.batch_id = $1::uuid
     group by p.process_id`,
    [batch_id, QUARTER.from_date, QUARTER.to_date],
  );
  return new Map(rows.map(({ process_id, ...facts }) => [process_id, facts]));
}

describe('a thousand that fail for good at their last step', () => {
  let batch_id: string;
  let items: TsqItem[];

  test('all wait in the troubleshooting queue, each with its code', async () => {
    const behavior = { render: { fail_permanent_pct: 100 } };
    ({ batch_id } = await system.launch({ count: COUNT, output_type: 'pdf', behavior }));
    expect(await system.untilStill(batch_id, LONG)).toMatchObject({
      status: 'AT_REST',
      in_troubleshooting_count: COUNT,
      completed_count: 0,
      waiting_count: 0,
    });
    items = await system.list<TsqItem>(`/tsq?batch_id=${batch_id}`);
    expect(new Set(items.map(({ process_id }) => process_id)).size).toBe(COUNT);
    expect(items).toHaveLength(COUNT);
    for (const item of items) {
      expect(item).toMatchObject({
        step: 'render',
        error_code: 'CHAOS_PERMANENT',
        reason: 'PERMANENT',
        fault: 'permanent',
        attempts: 1,
      });
    }
  });

  test('the audit of each says that chaos was injected and that it was moved there', async () => {
    const told = await eachOf(items, async ({ command_id }) => {
      const audit = await system.list<AuditEvent>(`/audit?command_id=${command_id}`);
      return audit.map(({ type, fault }) => [type, fault]);
    });
    expect(told).toHaveLength(COUNT);
    for (const events of told) {
      expect(events).toEqual([
        ['SENT', null],
        ['RECEIVED', null],
        ['CHAOS_INJECTED', 'permanent'],
        ['MOVED_TO_TSQ', 'permanent'],
      ]);
    }
  });

  test('one that an operator completes lets its process complete', async () => {
    const [item] = items as [TsqItem];
    const answer = await system.post(`/commands/${item.command_id}/complete`, { actor: 'ada', result: { by: 'hand' } });
    expect([answer.status, await answer.json()]).toEqual([
      200,
      { command_id: item.command_id, status: expect.any(String) },
    ]);
    expect(await detailOf(item.process_id ?? '')).toMatchObject({ status: 'COMPLETED' });
    const [event] = (await system.list<AuditEvent>(`/audit?command_id=${item.command_id}`)).filter(
      ({ type }) => type === 'OPERATOR_COMPLETE',
    );
    expect(event?.details).toMatchObject({ actor: 'ada' });
  });

  test('one that an operator cancels is compensated, and its documents are gone', async () => {
    const [, item] = items as [TsqItem, TsqItem];
    const process_id = item.process_id ?? '';
    const { artifacts } = await detailOf(process_id);
    const files = artifacts.map(({ path }) => join(system.data_dir, 'artifacts', path));
    expect(files.map((file) => [existsSync(file)])).toEqual([[true], [true]]);
    const answer = await system.post(`/commands/${item.command_id}/cancel`, { reason: 'not wanted any more' });
    expect(answer.status).toBe(200);
    const ended = await until(
      'the process is compensated',
      async () => (await detailOf(process_id)).completed_at && detailOf(process_id),
    );
    expect(ended).toMatchObject({ status: 'COMPENSATED', artifacts: [] });
    expect(ended.steps.filter(({ purpose }) => purpose === 'compensation').map(({ step }) => step)).toEqual([
      'render',
      'aggregation',
      'query',
    ]);
    expect(files.map((file) => existsSync(file))).toEqual([false, false]);
    expect((await system.documents(batch_id)).get(process_id) ?? []).toEqual([]);
    expect(dirname(files[0] as string)).toContain(process_id);
  });

  test('the batch counts what the operator did, and rests with what is left', async () => {
    const left = COUNT - 2;
    const batch = await until('the batch counts it', async () => {
      const seen = await system.batch(batch_id);
      return seen.in_troubleshooting_count === left && seen.waiting_count === 0 && seen;
    });
    expect(batch).toMatchObject({ status: 'AT_REST', completed_count: 1, compensated_count: 1, failed_count: 0 });
  });
});

test('half of the queries hang past their lease: each comes to its end, once, and what wakes late is told and refused', async () => {
  const count = 500;
  const { batch_id } = await system.launch({
    count,
    behavior: { query: { timeout_pct: 50 } },
    lease_ms: 2_000,
    retry: { max_attempts: 20, backoff_ms: [50] },
  });
  const batch = await system.untilStill(batch_id, LONG);
  expect(batch).toMatchObject({ status: 'COMPLETED', completed_count: count });
  await expectEachOnce(system, batch_id, count, 'csv');

  const hung = batch.steps.find(({ step }) => step === 'query')?.injected.timeout ?? 0;
  // Half of the first attempts, half of the second, ...: 500 expected, and each roll is fair.
  expect(hung).toBeGreaterThan(350);
  await until('every late result was refused', async () => (await countLateResults(batch_id)) >= hung);
  expect(await countLateResults(batch_id)).toBe(hung);
  const rows = await system.sql<{ fault: string | null; error_code: string | null; effect: string; count: number }>(
    `select fault, error_code, effect, count(*)::int from faultline.attempt
     where batch_id = $1::uuid and purpose = 'step' group by 1, 2, 3 order by 4`,
    [batch_id],
  );
  expect(rows).toEqual([
    { fault: 'timeout', error_code: 'TIMED_OUT', effect: 'RETRY', count: hung },
    { fault: null, error_code: null, effect: 'COMPLETED', count: 3 * count },
  ]);
});

async function countLateResults(batch_id: string): Promise<number> {
  const [row] = await system.sql<{ count: number }>(
    `select count(*)::int from faultline.event where batch_id = $1::uuid and type = 'LATE_RESULT_DISCARDED'`,
    [batch_id],
  );
  return row?.count ?? 0;
}
