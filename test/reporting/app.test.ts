// The application on a real service: batches of statements, with and without chaos, and what lies in storage afterwards.

import { buffer } from 'node:stream/consumers';
import {
  cancelCommand,
  completeCommand,
  createEnv,
  launchBatch,
  openService,
  retryCommand,
  silentLogger,
} from 'faultline';
import { chaosHooks } from 'faultline/chaos';
import { afterAll, expect, test } from 'vitest';
import application from '../../reporting/app.ts';
import { accountsOf, StatementReport, type StatementReportState } from '../../reporting/process.ts';
import { createTestDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';
import { makeDataDir } from './bank.ts';

const database = await createTestDatabase();
const data_dir = await makeDataDir();
const env = createEnv(silentLogger);
const service = await openService({ url: database.url, env, application, data_dir, hooks: chaosHooks });
const { bus, context } = service;
const worker = service.createWorker({ poll_ms: 50, drain_ms: 0 });
afterAll(async () => {
  await worker.stop();
  await service.close();
});
await application.migrate?.(context);
await application.seed?.(context);
await worker.start();

interface Ended {
  process_id: string;
  status: string;
  ordinal: number;
  state: StatementReportState;
  awaiting_command_id: string | null;
}

async function launch(count: number, output_type: string, behavior: Record<string, unknown> | null = null) {
  const input = StatementReport.input.parse({ from_date: '2026-01-01', to_date: '2026-03-31', output_type });
  const policy = { max_attempts: 2, backoff_ms: [0] };
  return launchBatch(bus, { definition: StatementReport, count, input, behavior, policy, seed: 'reporting' });
}

const processesOf = async (batch_id: string): Promise<Ended[]> =>
  (await database.pool.query('select * from faultline.process where batch_id = $1 order by ordinal', [batch_id])).rows;

/** Every process of the batch is ended or waits for an operator. */
const atRest = (batch_id: string, count: number): Promise<Ended[]> =>
  until(`batch ${batch_id} is at rest`, async () => {
    const processes = await processesOf(batch_id);
    const busy = processes.filter(({ status }) => status === 'WAITING_FOR_REPLY' || status === 'COMPENSATING');
    return processes.length === count && busy.length === 0 && processes;
  });

async function storedSteps(batch_id: string): Promise<Map<string, string[]>> {
  const steps = new Map<string, string[]>();
  const batch = { batch_id, process_type: 'StatementReport', first_ordinal: 0, count: 1_000 };
  for await (const slice of application.storedArtifacts?.(batch, context) ?? []) {
    for (const { process_id, step } of slice) steps.set(process_id, [...(steps.get(process_id) ?? []), step].sort());
  }
  return steps;
}

test.each(['csv', 'html', 'pdf'])(
  'P05: a batch of statements as %s is completed, its documents can be opened',
  async (output_type) => {
    const { batch_id } = await launch(20, output_type);
    const processes = await atRest(batch_id, 20);
    const stored = await storedSteps(batch_id);
    for (const { process_id, status, ordinal, state } of processes) {
      expect(status).toBe('COMPLETED');
      expect(state.account_list).toEqual(accountsOf(ordinal, 3));
      const artifacts = application.artifacts?.({ process_type: 'StatementReport', state }) ?? [];
      expect(artifacts).toEqual([
        { step: 'query', path: `${batch_id}/0/${process_id}/query.ndjson` },
        { step: 'aggregation', path: `${batch_id}/0/${process_id}/aggregation.json` },
        { step: 'render', path: `${batch_id}/0/${process_id}/render.${output_type}` },
      ]);
      expect(stored.get(process_id)).toEqual(['aggregation', 'query', 'render']);
      const [, , statement] = artifacts;
      const content = statement && (await application.openArtifact?.(statement, context));
      expect(content?.file_name).toBe(`statement-${process_id}.${output_type}`);
      expect(content && (await buffer(content.stream)).byteLength).toBe(content?.size_bytes);
      expect(content?.size_bytes).toBeGreaterThan(1_000);
    }
    const { rows } = await database.pool.query(
      `select sum(opening_balance_cents)::bigint + (
       select sum(amount_cents) from reporting.transaction t join reporting.account a using (account_id)
       where a.iban = any($1) and booked_on <= '2026-03-31')::bigint as closing
     from reporting.account where iban = any($1)`,
      [processes[0]?.state.account_list],
    );
    const { rows: results } = await database.pool.query(
      `select result from faultline.command where process_id = $1 and type = 'StatementRender'`,
      [processes[0]?.process_id],
    );
    expect(results[0]?.result.closing_balance_cents).toBe(rows[0]?.closing);
  },
);

test('under chaos, documents lie there exactly for the steps that completed and were not undone', async () => {
  const faults = { fail_transient_pct: 15, fail_permanent_pct: 10, fail_business_rule_pct: 12 };
  const { batch_id } = await launch(120, 'csv', { query: faults, aggregation: faults, render: faults });
  const processes = await atRest(batch_id, 120);
  const stored = await storedSteps(batch_id);
  const expected = (process: Ended) => {
    if (process.status === 'COMPENSATED') return undefined;
    const { query_result_path, aggregated_data_path, rendered_file_path } = process.state;
    const steps = [aggregated_data_path && 'aggregation', query_result_path && 'query', rendered_file_path && 'render'];
    const done = steps.filter((step) => step);
    return done.length > 0 ? done : undefined;
  };
  for (const process of processes) expect(stored.get(process.process_id)).toEqual(expected(process));
  const statuses = new Set(processes.map(({ status }) => status));
  expect([...statuses].sort()).toEqual(['COMPENSATED', 'COMPLETED', 'WAITING_FOR_TSQ']);
});

test('operators complete, cancel and retry: the process goes on without the document, or undoes all', async () => {
  const { batch_id } = await launch(3, 'html', { aggregation: { fail_permanent_pct: 100 } });
  const [completed, canceled, retried] = (await atRest(batch_id, 3)) as [Ended, Ended, Ended];
  const operator = { actor: 'test', reason: 'because' };
  const command = (process: Ended) => process.awaiting_command_id as string;
  await completeCommand(bus, command(completed), operator);
  await cancelCommand(bus, command(canceled), operator);
  await retryCommand(bus, command(retried), operator);
  await until('each has had its way', async () => {
    const [first, second, third] = await processesOf(batch_id);
    // Retried, it is parked again: its behavior is still to fail.
    return first?.status === 'COMPLETED' && second?.status === 'COMPENSATED' && third?.status === 'WAITING_FOR_TSQ';
  });
  const stored = await storedSteps(batch_id);
  expect(stored.get(completed.process_id)).toEqual(['query', 'render']);
  expect(stored.get(canceled.process_id)).toBeUndefined();
  expect(stored.get(retried.process_id)).toEqual(['query']);
});

test('paths that an operator made up are not offered', () => {
  const state = { query_result_path: '../../etc/passwd', aggregated_data_path: 7, rendered_file_path: 'my-own.pdf' };
  expect(application.artifacts?.({ process_type: 'StatementReport', state })).toEqual([]);
});
