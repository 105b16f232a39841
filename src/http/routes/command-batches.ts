// Routes of command batches: launch, add, close, cancel, list, look.

import { z } from 'zod';
import { refuseWhileStopped } from '../../chaos/kill-switch.ts';
import {
  type CommandBatchRecord,
  countUnderWay,
  findCommandBatch,
  listCommandBatches,
} from '../../db/queries/read-command-batches.ts';
import { listBatchCommands } from '../../db/queries/read-commands.ts';
import { NotFoundError } from '../../model/errors.ts';
import { cancelBatch } from '../../process/cancel.ts';
import { addCommands, closeCommandBatch, launchCommands } from '../../process/launch-commands.ts';
import { refuseUnknownTypes, requestOf } from '../command-body.ts';
import { showCommand } from '../command-pages.ts';
import type { App, RouteContext } from '../context.ts';
import {
  addCommandsAnswerSchema,
  addCommandsSchema,
  batchCommandsQuerySchema,
  type CommandBatch,
  commandBatchAnswerSchema,
  commandBatchDetailSchema,
  commandBatchesQuerySchema,
  commandBatchSchema,
  commandBatchVerbAnswerSchema,
  commandSchema,
  idempotencyKeySchema,
  idSchema,
  newCommandBatchSchema,
  pageOf,
  verbBodySchema,
} from '../contract.ts';
import { decodeCursor, encodeCursor, pageFrom } from '../cursor.ts';
import { problemResponse } from '../docs.ts';
import { readIdempotency } from '../launch-body.ts';
import { NEVER_LIMITED } from '../security.ts';
import { toWire } from '../wire.ts';
import { operatorOf } from './operator.ts';

const tags = ['command batches'];
const params = z.object({ batch_id: idSchema });

export function commandBatchRoutes(api: App, context: RouteContext): void {
  addLaunch(api, context);
  addVerbs(api, context);
  addReads(api, context);
}

function addLaunch(api: App, { bus, pool, registry }: RouteContext): void {
  api.post(
    '/command-batches',
    {
      schema: {
        tags,
        summary: 'Launch a command batch: so many alike, these, or an open one to add to',
        headers: z.looseObject({ 'idempotency-key': idempotencyKeySchema.optional() }),
        body: newCommandBatchSchema,
        response: { 202: commandBatchAnswerSchema, ...problemResponse },
      },
    },
    async (request, reply) => {
      const { template, commands, ...rest } = request.body;
      if (template !== undefined) refuseUnknownTypes(registry, [template], () => 'template.');
      if (commands !== undefined) refuseUnknownTypes(registry, commands, (index) => `commands.${index}.`);
      const launch = {
        ...rest,
        ...(template === undefined ? {} : { template: requestOf(template) }),
        ...(commands === undefined ? {} : { commands: commands.map(requestOf) }),
        idempotency: readIdempotency(request.headers['idempotency-key'], request.body),
      };
      await refuseWhileStopped(pool, [launch.template ?? {}, ...(launch.commands ?? [])], launch.idempotency);
      const launched = await launchCommands(bus, launch);
      return reply.code(202).header('location', `/api/v1/command-batches/${launched.batch_id}`).send(launched);
    },
  );

  api.post(
    '/command-batches/:batch_id/commands',
    {
      schema: {
        tags,
        summary: 'Add commands to an open batch, all or none',
        params,
        body: addCommandsSchema,
        response: { 202: addCommandsAnswerSchema, ...problemResponse },
      },
    },
    async ({ params: { batch_id }, body: { commands } }, reply) => {
      refuseUnknownTypes(registry, commands, (index) => `commands.${index}.`);
      const requests = commands.map(requestOf);
      await refuseWhileStopped(pool, requests);
      const added = await addCommands(bus, batch_id, requests);
      return reply.code(202).send(added);
    },
  );
}

function addVerbs(api: App, { bus, pool }: RouteContext): void {
  api.post(
    '/command-batches/:batch_id/close',
    {
      schema: {
        tags,
        summary: 'Take no more commands: it ends when those that it has did',
        params,
        body: verbBodySchema.nullish(),
        response: { 200: commandBatchVerbAnswerSchema, ...problemResponse },
      },
    },
    async ({ params: { batch_id } }) => {
      await closeCommandBatch(bus, batch_id);
      const { status, closed_at } = await requireBatch(pool, batch_id);
      return { batch_id, status, closed_at: closed_at?.toISOString() ?? null };
    },
  );

  api.post(
    '/command-batches/:batch_id/cancel',
    {
      config: NEVER_LIMITED,
      schema: {
        tags,
        summary: 'Cancel what was not begun; the rest runs out',
        params,
        body: verbBodySchema.nullish(),
        response: { 200: commandBatchVerbAnswerSchema, ...problemResponse },
      },
    },
    async ({ params: { batch_id }, body }) => {
      await requireBatch(pool, batch_id);
      const { status } = await cancelBatch(bus, batch_id, operatorOf(body));
      const { closed_at } = await requireBatch(pool, batch_id);
      return { batch_id, status, closed_at: closed_at?.toISOString() ?? null };
    },
  );
}

async function requireBatch(pool: RouteContext['pool'], batch_id: string): Promise<CommandBatchRecord> {
  const batch = await findCommandBatch(pool, batch_id);
  if (batch === null) throw new NotFoundError('command batch', batch_id);
  return batch;
}

function addReads(api: App, { pool }: RouteContext): void {
  api.get(
    '/command-batches',
    {
      schema: {
        tags,
        summary: 'Command batches, newest first',
        querystring: commandBatchesQuerySchema,
        response: { 200: pageOf(commandBatchSchema), ...problemResponse },
      },
    },
    async ({ query: { status, cursor, limit } }) => {
      const before_id = cursor === undefined ? undefined : decodeCursor(['batch'], cursor).value[0];
      const rows = await listCommandBatches(pool, { status, before_id, limit: limit + 1 });
      return pageFrom(rows, limit, showBatch, (last) => encodeCursor('batch', [last.batch_id]));
    },
  );

  api.get(
    '/command-batches/:batch_id',
    {
      schema: {
        tags,
        summary: 'One command batch: its counts, its template and its replies',
        params,
        response: { 200: commandBatchDetailSchema, ...problemResponse },
      },
    },
    async ({ params: { batch_id } }) => {
      const batch = await requireBatch(pool, batch_id);
      const { in_progress, replies_waiting } = await countUnderWay(pool, batch_id);
      const { input, behavior, retry, lease_ms } = batch;
      return {
        ...showBatch(batch),
        template: input.type === undefined ? null : input,
        behavior,
        retry,
        lease_ms,
        by_status: {
          PENDING: Math.max(0, batch.waiting_count - in_progress),
          IN_PROGRESS: Math.min(in_progress, batch.waiting_count),
          COMPLETED: batch.completed_count,
          FAILED: batch.failed_count,
          CANCELED: batch.canceled_count,
          IN_TROUBLESHOOTING_QUEUE: batch.in_troubleshooting_count,
        },
        replies: {
          SUCCESS: batch.completed_count,
          FAILED: batch.failed_count,
          CANCELED: batch.canceled_count,
          waiting: replies_waiting,
        },
      };
    },
  );

  api.get(
    '/command-batches/:batch_id/commands',
    {
      schema: {
        tags,
        summary: 'The commands of a batch, in the order in which they were added',
        params,
        querystring: batchCommandsQuerySchema,
        response: { 200: pageOf(commandSchema), ...problemResponse },
      },
    },
    async ({ params: { batch_id }, query: { status, cursor, limit } }) => {
      await requireBatch(pool, batch_id);
      const after_id = cursor === undefined ? undefined : decodeCursor(['member'], cursor).value[0];
      const rows = await listBatchCommands(pool, batch_id, { status }, { after_id, limit: limit + 1 });
      return pageFrom(rows, limit, showCommand, (last) => encodeCursor('member', [last.command_id]));
    },
  );
}

function showBatch(batch: CommandBatchRecord): CommandBatch {
  const { input, behavior: _b, retry: _r, lease_ms: _l, read_at, ...shown } = batch;
  const { completed_count, failed_count, canceled_count, total_count, started_at, completed_at } = batch;
  const ended = completed_count + failed_count + canceled_count;
  const until = completed_at ?? batch.rested_at ?? read_at;
  return {
    ...toWire(shown),
    percent: total_count === 0 ? (completed_at === null ? 0 : 100) : Math.floor((ended * 1000) / total_count) / 10,
    domain: typeof input.domain === 'string' && input.domain !== '' ? input.domain : null,
    type: typeof input.type === 'string' ? input.type : null,
    duration_ms: started_at === null ? null : Math.max(0, until.getTime() - started_at.getTime()),
  };
}
