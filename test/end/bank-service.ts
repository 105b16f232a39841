// The bundled application as it runs: the bank's ledger, a folder for documents, StatementReport on the bus with chaos installed.

import { chaosHooks } from 'faultline/chaos';
import { afterAll } from 'vitest';
import application from '../../reporting/app.ts';
import { STEP_KEYS, StatementReport } from '../../reporting/process.ts';
import type { Middleware } from '../../src/bus/handlers.ts';
import { createEnv, silentLogger } from '../../src/model/env.ts';
import { launchBatch } from '../../src/process/launch.ts';
import type { LaunchRequest } from '../../src/process/launch-check.ts';
import { openService } from '../../src/process/service.ts';
import { openBank } from '../reporting/bank.ts';
import { type UntilOptions, until } from '../support/until.ts';

export const INPUT = { from_date: '2026-03-01', to_date: '2026-03-31', output_type: 'csv', account_count: 1 } as const;

export async function openBankService({ middleware = [] }: { middleware?: readonly Middleware[] } = {}) {
  const bank = await openBank();
  const { pool, data_dir } = bank;
  const service = await openService({
    url: bank.database.url,
    env: createEnv(silentLogger),
    application,
    data_dir,
    hooks: (context) => {
      const chaos = chaosHooks(context);
      return { ...chaos, middleware: [...middleware, ...chaos.middleware] };
    },
  });
  const workers: { stop(): Promise<void> }[] = [];
  afterAll(async () => {
    await Promise.all(workers.map((worker) => worker.stop()));
    await service.close();
  });

  const batchOf = async (batch_id: string) => {
    const { rows } = await pool.query('select * from faultline.batch where batch_id = $1', [batch_id]);
    return rows[0];
  };

  return {
    ...bank,
    service,
    async work() {
      const worker = service.createWorker({ drain_ms: 0 });
      workers.push(worker);
      await worker.start();
    },
    async launch(request: Partial<LaunchRequest> = {}): Promise<string> {
      const { batch_id } = await launchBatch(service.bus, {
        definition: StatementReport,
        count: 1,
        input: INPUT,
        policy: { max_attempts: 3, backoff_ms: [0], lease_ms: 30_000 },
        ...request,
      });
      return batch_id;
    },
    untilBatch: (batch_id: string, status: string, waiting: UntilOptions = {}) =>
      until(
        `the batch is ${status}`,
        async () => {
          const batch = await batchOf(batch_id);
          return batch.status === status && batch;
        },
        waiting,
      ),

    /** Ordinals by what lies in storage for them: `query aggregation render`. */
    async documents(batch_id: string): Promise<Map<string, number>> {
      const { total_count } = await batchOf(batch_id);
      const stepsOf = new Map<string, Set<string>>();
      const batch = { batch_id, process_type: 'StatementReport', first_ordinal: 0, count: total_count };
      for await (const page of application.storedArtifacts?.(batch, service.context) ?? []) {
        for (const { process_id, step } of page) {
          stepsOf.set(process_id, (stepsOf.get(process_id) ?? new Set()).add(step));
        }
      }
      const { rows } = await pool.query<{ process_id: string; status: string }>(
        'select process_id, status from faultline.process where batch_id = $1',
        [batch_id],
      );
      const known = new Set(rows.map(({ process_id }) => process_id));
      const kinds = rows.map(({ process_id, status }) => {
        const steps = STEP_KEYS.filter((key) => stepsOf.get(process_id)?.has(key));
        return `${status}: ${steps.join(' ')}`;
      });
      for (const process_id of stepsOf.keys()) if (!known.has(process_id)) kinds.push('no process: a document');
      return new Map([...new Set(kinds)].sort().map((kind) => [kind, kinds.filter((one) => one === kind).length]));
    },
  };
}
