// Routes of processes: lists, and one with its timeline and documents.

import { z } from 'zod';
import type { Pool } from '../../db/pool.ts';
import { findBatch } from '../../db/queries/read-batches.ts';
import {
  type AttemptRecord,
  findProcess,
  listAttempts,
  listBatchProcesses,
  listProcesses,
  listSteps,
  type ProcessRecord,
} from '../../db/queries/read-processes.ts';
import { withSnapshot } from '../../db/queries/read-snapshot.ts';
import { NotFoundError } from '../../model/errors.ts';
import { type ProcessStatus, stepKey } from '../../model/process.ts';
import type { App, RouteContext } from '../context.ts';
import {
  batchProcessesQuerySchema,
  idSchema,
  type Process,
  type ProcessDetail,
  pageOf,
  processDetailSchema,
  processesQuerySchema,
  processSchema,
} from '../contract.ts';
import { decodeCursor, encodeCursor, pageFrom } from '../cursor.ts';
import { problemResponse } from '../docs.ts';
import { toWire } from '../wire.ts';

export function processRoutes(api: App, context: RouteContext): void {
  const { pool } = context;

  api.get(
    '/process-batches/:batch_id/processes',
    {
      schema: {
        tags: ['processes'],
        summary: 'The processes of a batch, by ordinal',
        params: z.object({ batch_id: idSchema }),
        querystring: batchProcessesQuerySchema,
        response: { 200: pageOf(processSchema), ...problemResponse },
      },
    },
    async ({ params, query }) => {
      const page = await pageOfBatch(pool, { ...query, batch_id: params.batch_id });
      if (page.items.length === 0 && (await findBatch(pool, params.batch_id)) === null) {
        throw new NotFoundError('batch', params.batch_id);
      }
      return page;
    },
  );

  api.get(
    '/processes',
    {
      schema: {
        tags: ['processes'],
        summary: 'Processes of all batches, newest batch first',
        querystring: processesQuerySchema,
        response: { 200: pageOf(processSchema), ...problemResponse },
      },
    },
    ({ query }) => {
      const { batch_id } = query;
      return batch_id === undefined ? pageOfAll(pool, query) : pageOfBatch(pool, { ...query, batch_id });
    },
  );

  api.get(
    '/processes/:process_id',
    {
      schema: {
        tags: ['processes'],
        summary: 'One process with its steps, their attempts and what they stored',
        params: z.object({ process_id: idSchema }),
        response: { 200: processDetailSchema, ...problemResponse },
      },
    },
    ({ params }) => readDetail(context, params.process_id),
  );
}

interface PageQuery {
  status?: ProcessStatus;
  cursor?: string;
  limit: number;
}

async function pageOfBatch(pool: Pool, query: PageQuery & { batch_id: string }) {
  const after = query.cursor === undefined ? undefined : decodeCursor(['ordinal'], query.cursor).value;
  const { batch_id, status, limit } = query;
  const rows = await listBatchProcesses(pool, { batch_id, status, after_ordinal: after?.[0], limit: limit + 1 });
  return pageFrom(rows, limit, showProcess, (last) => encodeCursor('ordinal', [last.ordinal]));
}

async function pageOfAll(pool: Pool, { status, cursor, limit }: PageQuery) {
  const after = cursor === undefined ? undefined : decodeCursor(['process'], cursor).value;
  const rows = await listProcesses(pool, {
    status,
    after: after === undefined ? undefined : { batch_id: after[0], ordinal: after[1] },
    limit: limit + 1,
  });
  return pageFrom(rows, limit, showProcess, (last) => encodeCursor('process', [last.batch_id as string, last.ordinal]));
}

function showProcess({ awaiting_command_id, ...process }: ProcessRecord): Process {
  return toWire(process);
}

async function readDetail({ pool, application }: RouteContext, process_id: string): Promise<ProcessDetail> {
  const { process, steps, attempts } = await withSnapshot(pool, async (tx) => {
    const process = await findProcess(tx, process_id);
    if (process === null) throw new NotFoundError('process', process_id);
    const steps = await listSteps(tx, process_id);
    const attempts = await listAttempts(
      tx,
      steps.map((step) => step.command_id),
    );
    return { process, steps, attempts };
  });
  const attemptsOf = (command_id: string) => attempts.filter((attempt) => attempt.command_id === command_id);
  // What was undone is no longer there to be opened.
  const undone = new Set(steps.filter(isUndone).map(({ step }) => stepKey(step)));
  const artifacts = (application.artifacts?.(process) ?? []).filter(({ step }) => !undone.has(stepKey(step)));
  return {
    ...toWire(process),
    steps: steps.map((step) => ({
      ...toWire(step),
      attempts: attemptsOf(step.command_id).map(showAttempt),
    })),
    artifacts: artifacts.map(({ step, path }) => ({
      step,
      path,
      href: `/api/v1/processes/${process.process_id}/artifacts/${encodeURIComponent(step)}`,
    })),
  };
}

function isUndone({ purpose, status }: { purpose: string; status: string }): boolean {
  return purpose === 'compensation' && status === 'COMPLETED';
}

function showAttempt({ command_id, ...attempt }: AttemptRecord) {
  return toWire(attempt);
}
