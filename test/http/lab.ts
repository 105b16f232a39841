// A lab for the HTTP server: StatementReport as it is, with handlers of a few lines, on a database of its own.
// What its tests send goes through the real server, launch, bus and chaos; nothing is pretended.

import { Readable } from 'node:stream';
import type { InjectOptions, LightMyRequestResponse as Response } from 'fastify';
import type { Application, Env } from 'faultline';
import { createEnv, silentLogger } from 'faultline';
import { chaosHooks, registerTestCommand } from 'faultline/chaos';
import { type App, createServer, type ServerOptions } from 'faultline/http';
import { afterAll } from 'vitest';
import { StatementReport } from '../../reporting/process.ts';
import type { Worker } from '../../src/bus/worker.ts';
import type { Service } from '../../src/process/service.ts';
import { openService } from '../../src/process/service.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';

/** What the handlers of the lab store, by path. */
export const documents = new Map<string, { content_type: string; text: string; file_name: string }>();

const ENDINGS: Record<string, string> = { query: 'csv', aggregation: 'csv', render: 'html' };

function stepHandler(step: string) {
  return ({ process_id }: { process_id: string }) => {
    const ending = ENDINGS[step] ?? 'csv';
    const result_path = `${process_id}/${step}.${ending}`;
    documents.set(result_path, {
      content_type: ending === 'html' ? 'text/html; charset=utf-8' : 'text/csv; charset=utf-8',
      text: `${step} of ${process_id}`,
      file_name: `Ünter"lagen ${step}.${ending}`,
    });
    return { result_path };
  };
}

export const application: Application = {
  name: 'lab',
  processes: [StatementReport],
  default_command: { domain: 'e2e', type: 'TestCommand' },
  register(registry) {
    registry.register('reporting', 'StatementQuery', stepHandler('query'));
    registry.register('reporting', 'StatementDataAggregation', stepHandler('aggregation'));
    registry.register('reporting', 'StatementRender', stepHandler('render'));
    registry.register('reporting', 'DiscardArtifact', () => ({}));
  },
  artifacts: ({ state }) =>
    Object.entries({ query: state.query_result_path, render: state.rendered_file_path }).flatMap(([step, path]) =>
      typeof path === 'string' ? [{ step, path }] : [],
    ),
  async openArtifact({ path }) {
    const document = documents.get(path);
    if (document === undefined) return null;
    const { content_type, file_name, text } = document;
    return { content_type, file_name, stream: Readable.from([text]), size_bytes: Buffer.byteLength(text) };
  },
};

/** A launch that is accepted. */
export const LAUNCH = { from_date: '2026-01-01', to_date: '2026-01-31', output_type: 'html' };

export interface Lab {
  database: TestDatabase;
  service: Service;
  app: App;
  get(path: string, options?: InjectOptions): Promise<Response>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Launches and gives the batch's id. */
  launch(body?: object): Promise<string>;
  /** Starts a worker; it is stopped after the file. */
  work(): Promise<Worker>;
  /** Waits until the batch is terminal or at rest, and gives its detail. */
  atRest(batch_id: string): Promise<Record<string, unknown>>;
}

export interface LabOptions extends Omit<ServerOptions, 'service'> {
  /** Hears of every point the bus passes. */
  probe?: Env['probe'];
}

export async function openLab({ probe, ...options }: LabOptions = {}): Promise<Lab> {
  const database = await createTestDatabase();
  // An unexpected failure is printed where the test fails.
  const env = createEnv(
    { ...silentLogger, error: (fields, message) => console.error(message, fields) },
    probe && { probe },
  );
  const service = await openService({
    url: database.url,
    env,
    application,
    data_dir: '',
    hooks: chaosHooks,
    handlers: registerTestCommand,
  });
  const app = await createServer({ service, ...options });
  await app.ready();
  const workers: Worker[] = [];
  afterAll(async () => {
    await app.close();
    await Promise.all(workers.map((worker) => worker.stop()));
    await service.close();
  });
  const lab: Lab = {
    database,
    service,
    app,
    get: (path, options = {}) => app.inject({ ...options, method: 'GET', url: `/api/v1${path}` }),
    post: (path, body, headers = {}) =>
      app.inject({ method: 'POST', url: `/api/v1${path}`, payload: body as object, headers }),
    async launch(body = {}) {
      const answer = await lab.post('/process-batches', { ...LAUNCH, ...body });
      if (answer.statusCode !== 202) throw new Error(`not launched: ${answer.body}`);
      return answer.json().batch_id;
    },
    async work() {
      const worker = service.createWorker({ poll_ms: 20, drain_ms: 0 });
      workers.push(worker);
      await worker.start();
      return worker;
    },
    atRest: (batch_id) =>
      until(`batch ${batch_id} is at rest`, async () => {
        const batch = (await lab.get(`/process-batches/${batch_id}`)).json();
        return batch.rested_at || batch.completed_at ? batch : null;
      }),
  };
  return lab;
}
