// Processes: lists, one with its timeline and documents, an operator's verbs on it, and its rerun.

import type { z } from 'zod';
import type { Pool } from '../../db/pool.ts';
import { findBatch } from '../../db/queries/read-batches.ts';
import {
  findProcess,
  listAttempts,
  listBatchProcesses,
  listProcesses,
  listSteps,
  type ProcessRecord,
} from '../../db/queries/read-processes.ts';
import { withSnapshot } from '../../db/queries/read-snapshot.ts';
import { orNotFound } from '../../model/errors.ts';
import { stepKey } from '../../model/process.ts';
import { cancelProcess, completeProcess, retryProcess } from '../../process/cancel-process.ts';
import { API_PREFIX, type App, type RouteContext } from '../context.ts';
import * as wire from '../contract.ts';
import { acceptLaunch } from '../launch.ts';
import { keysetPage } from '../paging.ts';
import { rerunOfProcess } from '../rerun.ts';
import { operatorOf, route } from '../route.ts';
import { toWire } from '../wire.ts';

const tag = 'processes';

export function processRoutes(api: App, context: RouteContext): void {
  addReads(api, context);
  addVerbs(api, context);

  api.post(
    '/processes/:process_id/rerun',
    route('launching', 'Run one process again, alone, with the same faults', wire.launchAnswerSchema, {
      description: 'Launches a batch of one, with the seed and at the ordinal of the process.',
      params: wire.processParams,
      headers: wire.idempotencyHeaders,
      body: wire.rerunProcessBodySchema.nullish(),
      status: 202,
    }),
    async ({ params, body, headers }, reply) => {
      const launch = await rerunOfProcess(context, params.process_id, body ?? {});
      return acceptLaunch(context, reply, launch, headers, { rerun_of: params, body: body ?? {} });
    },
  );
}

function addReads(api: App, context: RouteContext): void {
  const { pool } = context;

  api.get(
    '/process-batches/:batch_id/processes',
    route(tag, 'List the processes of a batch, by ordinal', wire.pageOf(wire.processSchema), {
      params: wire.batchParams,
      querystring: wire.batchProcessesQuerySchema,
    }),
    async ({ params: { batch_id }, query }) => {
      const page = await pageOfBatch(pool, batch_id, query);
      if (page.items.length === 0) orNotFound(await findBatch(pool, batch_id), 'batch', batch_id);
      return page;
    },
  );

  api.get(
    '/processes',
    route(tag, 'List the processes of all batches, newest batch first', wire.pageOf(wire.processSchema), {
      querystring: wire.processesQuerySchema,
    }),
    ({ query: { batch_id, ...query } }) =>
      batch_id === undefined ? pageOfAll(pool, query) : pageOfBatch(pool, batch_id, query),
  );

  api.get(
    '/processes/:process_id',
    route(
      tag,
      'Read a process with its steps, their attempts and the documents they stored',
      wire.processDetailSchema,
      { params: wire.processParams },
    ),
    ({ params }) => readDetail(context, params.process_id),
  );
}

function addVerbs(api: App, { bus }: RouteContext): void {
  api.post(
    '/processes/:process_id/cancel',
    route(
      tag,
      'End a process and undo what it did, or keep it done with `compensate` false. Needs a reason',
      wire.processVerbAnswerSchema,
      { params: wire.processParams, body: wire.cancelProcessBodySchema, unlimited: true },
    ),
    ({ params, body: { compensate, ...body } }) =>
      cancelProcess(bus, params.process_id, { ...operatorOf(body), reason: body.reason }, { compensate }),
  );

  api.post(
    '/processes/:process_id/retry',
    route(tag, 'Retry what the process waits for in the troubleshooting queue', wire.processVerbAnswerSchema, {
      params: wire.processParams,
      body: wire.verbBodySchema.nullish(),
    }),
    ({ params, body }) => retryProcess(bus, params.process_id, operatorOf(body)),
  );

  api.post(
    '/processes/:process_id/complete',
    route(
      tag,
      'Take what the process waits for as done, with `result` as the result of the handler',
      wire.processVerbAnswerSchema,
      { params: wire.processParams, body: wire.verbBodySchema.nullish() },
    ),
    ({ params, body }) => completeProcess(bus, params.process_id, operatorOf(body), body?.result),
  );
}

type PageQuery = Omit<z.output<typeof wire.processesQuerySchema>, 'batch_id'>;

function pageOfBatch(pool: Pool, batch_id: string, { status, ...page }: PageQuery) {
  return keysetPage(
    'ordinal',
    page,
    (after, limit) => listBatchProcesses(pool, { batch_id, status, after_ordinal: after?.ordinal, limit }),
    showProcess,
  );
}

function pageOfAll(pool: Pool, { status, ...page }: PageQuery) {
  // Every process of this list has a batch.
  const read = async (after: { batch_id: string; ordinal: number } | undefined, limit: number) =>
    (await listProcesses(pool, { status, after, limit })) as (ProcessRecord & { batch_id: string })[];
  return keysetPage('process', page, read, showProcess);
}

function showProcess({ awaiting_command_id, ...process }: ProcessRecord): wire.Process {
  return toWire(process);
}

async function readDetail({ pool, application }: RouteContext, process_id: string): Promise<wire.ProcessDetail> {
  const { process, steps, attempts } = await withSnapshot(pool, async (tx) => {
    const process = orNotFound(await findProcess(tx, process_id), 'process', process_id);
    const steps = await listSteps(tx, process_id);
    const ids = steps.map((step) => step.command_id);
    return { process, steps, attempts: await listAttempts(tx, ids) };
  });
  // A step that was undone has discarded its document.
  const undone = new Set(steps.filter(isUndone).map(({ step }) => stepKey(step)));
  const artifacts = (application.artifacts?.(process) ?? []).filter(({ step }) => !undone.has(stepKey(step)));
  return {
    ...toWire(process),
    steps: steps.map((step) => ({
      ...toWire(step),
      attempts: attempts
        .filter(({ command_id }) => command_id === step.command_id)
        .map(({ command_id, ...attempt }) => toWire(attempt)),
    })),
    artifacts: artifacts.map(({ step, path }) => ({
      step,
      path,
      href: `${API_PREFIX}/processes/${process.process_id}/artifacts/${encodeURIComponent(step)}`,
    })),
  };
}

function isUndone({ purpose, status }: { purpose: string; status: string }): boolean {
  return purpose === 'compensation' && status === 'COMPLETED';
}
