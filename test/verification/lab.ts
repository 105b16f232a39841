// A lab for verdicts: a service with chaos whose handlers store documents in memory, and what its tests ask of a batch.

import { createEnv, silentLogger } from 'faultline';
import { chaosHooks } from 'faultline/chaos';
import { afterAll } from 'vitest';
import { StatementReport } from '../../reporting/process.ts';
import type { BusHooks } from '../../src/bus/handlers.ts';
import type { Worker, WorkerOptions } from '../../src/bus/worker.ts';
import type { Application } from '../../src/process/application.ts';
import type { AnyProcessDefinition } from '../../src/process/define.ts';
import { launchBatch } from '../../src/process/launch.ts';
import type { LaunchRequest } from '../../src/process/launch-check.ts';
import { openService, type Service } from '../../src/process/service.ts';
import { type Analysis, createAnalysis } from '../../src/verification/analysis.ts';
import type { PredictionInput } from '../../src/verification/predict/predict.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';

const INPUT = { from_date: '2026-01-01', to_date: '2026-01-31', output_type: 'csv' as const, account_count: 1 };
/** Retries come at once; the lease outlives whatever a busy machine does, and a timeout is over soon. */
const POLICY = { max_attempts: 3, backoff_ms: [0], lease_ms: 1_500 };

export interface VerdictLab {
  database: TestDatabase;
  service: Service;
  analysis: Analysis;
  /** Documents by path, as handlers stored them. */
  documents: Map<string, { process_id: string; step: string; batch_id: string }>;
  launch(request: Partial<LaunchRequest>): Promise<string>;
  work(options?: Omit<WorkerOptions, 'bus' | 'registry'>): Promise<Worker>;
  untilRest(batch_id: string): Promise<Record<string, number>>;
  /** Checks that are not `pass`, by name. */
  verify(
    batch_id: string,
  ): Promise<{ verdict: string; failed: string[]; skipped: Record<string, string>; details: string[] }>;
}

export interface VerdictLabOptions {
  application?: (documents: VerdictLab['documents']) => Application;
  /** Wraps the hooks of chaos, to break them. */
  hooks?(hooks: Omit<BusHooks, 'onTransitions'>): Omit<BusHooks, 'onTransitions'>;
}

/** StatementReport with handlers that store documents in memory. */
function reportingInMemory(documents: VerdictLab['documents']): Application {
  const store =
    (step: string) =>
    ({ process_id, batch_id }: { process_id: string; batch_id: string }) => {
      const result_path = `${process_id}/${step}`;
      documents.set(result_path, { process_id, step, batch_id });
      return { result_path };
    };
  return {
    name: 'verdict lab',
    processes: [StatementReport],
    register(registry) {
      registry
        .register('reporting', 'StatementQuery', store('query'))
        .register('reporting', 'StatementDataAggregation', store('aggregation'))
        .register('reporting', 'StatementRender', store('render'))
        .register('reporting', 'DiscardArtifact', ({ process_id, step }: { process_id: string; step: string }) => {
          documents.delete(`${process_id}/${step}`);
          return {};
        });
    },
    artifacts: ({ state }) =>
      Object.entries({
        query: state.query_result_path,
        aggregation: state.aggregated_data_path,
        render: state.rendered_file_path,
      }).flatMap(([step, path]) => (typeof path === 'string' ? [{ step, path }] : [])),
    async *storedArtifacts({ batch_id }) {
      yield [...documents]
        .map(([path, document]) => ({ path, ...document }))
        .filter((one) => one.batch_id === batch_id);
    },
  };
}

export async function openVerdictLab(options: VerdictLabOptions = {}): Promise<VerdictLab> {
  const database = await createTestDatabase();
  const documents: VerdictLab['documents'] = new Map();
  const application = (options.application ?? reportingInMemory)(documents);
  const env = createEnv(silentLogger);
  const service = await openService({
    url: database.url,
    env,
    application,
    data_dir: '',
    hooks: (context) => (options.hooks ?? ((hooks) => hooks))(chaosHooks(context)),
  });
  const analysis = createAnalysis(service);
  const workers: Worker[] = [];
  afterAll(async () => {
    await Promise.all(workers.map((worker) => worker.stop()));
    await service.close();
  });
  const [definition] = application.processes as [AnyProcessDefinition];
  return {
    database,
    service,
    analysis,
    documents,
    async launch(request) {
      const launched = await launchBatch(service.bus, {
        definition,
        count: 100,
        input: INPUT,
        policy: POLICY,
        ...request,
      });
      return launched.batch_id;
    },
    async work(workerOptions = {}) {
      const worker = service.createWorker({ poll_ms: 50, drain_ms: 0, ...workerOptions });
      workers.push(worker);
      await worker.start();
      return worker;
    },
    untilRest: (batch_id) =>
      until(
        'the batch is at rest',
        async () => {
          const { rows } = await database.pool.query(
            `select completed_count, compensated_count, failed_count, canceled_count, in_troubleshooting_count from faultline.batch
             where batch_id = $1 and status in ('AT_REST', 'COMPLETED', 'COMPLETED_WITH_FAILURES', 'CANCELED')`,
            [batch_id],
          );
          return rows[0] as Record<string, number> | undefined;
        },
        { deadline_ms: 120_000, every_ms: 50 },
      ),
    async verify(batch_id) {
      const verified = await analysis.verify(batch_id);
      if (verified === null) throw new Error('There is no such batch.');
      return {
        verdict: verified.verdict,
        failed: verified.checks.filter(({ status }) => status === 'fail').map(({ name }) => name),
        skipped: Object.fromEntries(
          verified.checks.filter(({ status }) => status === 'skipped').map(({ name, note }) => [name, note ?? '']),
        ),
        details: verified.checks.flatMap(({ name, details }) => details.map((detail) => `${name}: ${detail}`)),
      };
    },
  };
}

/** What is predicted of a launch of StatementReport. */
export function predictStatements(analysis: Analysis, launch: Partial<PredictionInput>) {
  return analysis.predict({
    process_type: 'StatementReport',
    process_version: 1,
    input: INPUT,
    launch: {
      seed: 'x',
      count: 100,
      first_ordinal: 0,
      behavior: null,
      scope_pct: null,
      max_attempts: POLICY.max_attempts,
      ...launch,
    },
  });
}
