// Command batches: launch, add, close, cancel, list and read.

import { refuseWhileStopped } from '../../chaos/kill-switch.ts';
import {
  type CommandBatchRecord,
  countUnderWay,
  findCommandBatch,
  listCommandBatches,
} from '../../db/queries/read-batches.ts';
import { listBatchCommands } from '../../db/queries/read-commands.ts';
import { orNotFound } from '../../model/errors.ts';
import { cancelBatch } from '../../process/cancel.ts';
import { addCommands, closeCommandBatch, launchCommands } from '../../process/launch-commands.ts';
import { parseCommands } from '../command-body.ts';
import { showCommand } from '../command-pages.ts';
import { API_PREFIX, type App, type RouteContext } from '../context.ts';
import * as wire from '../contract.ts';
import { readIdempotency } from '../idempotency.ts';
import { keysetPage } from '../paging.ts';
import { operatorOf, route } from '../route.ts';
import { toWire } from '../wire.ts';

const tag = 'command batches';
const inList = (index: number) => `commands.${index}.`;

export function commandBatchRoutes(api: App, context: RouteContext): void {
  addLaunch(api, context);
  addVerbs(api, context);
  addReads(api, context);
}

function addLaunch(api: App, context: RouteContext): void {
  const { bus, pool } = context;

  api.post(
    '/command-batches',
    route(
      tag,
      'Launch a command batch: `count` commands like a template, a list of commands, or an open batch',
      wire.commandBatchAnswerSchema,
      {
        description:
          'Answers at once; with `count` the workers create the commands. All of `commands` are sent, or none.',
        headers: wire.idempotencyHeaders,
        body: wire.newCommandBatchSchema,
        status: 202,
      },
    ),
    async ({ body, headers }, reply) => {
      const { template, commands, ...rest } = body;
      const launch = {
        ...rest,
        template: template && parseCommands(context, [template], () => 'template.')[0],
        commands: commands && parseCommands(context, commands, inList),
        idempotency: readIdempotency(headers, { command_batch: body }),
      };
      await refuseWhileStopped(pool, [launch.template ?? {}, ...(launch.commands ?? [])], launch.idempotency);
      const launched = await launchCommands(bus, launch);
      return reply.code(202).header('location', `${API_PREFIX}/command-batches/${launched.batch_id}`).send(launched);
    },
  );

  api.post(
    '/command-batches/:batch_id/commands',
    route(tag, 'Add commands to an open batch, all or none', wire.addCommandsAnswerSchema, {
      params: wire.batchParams,
      body: wire.addCommandsSchema,
      status: 202,
    }),
    async ({ params: { batch_id }, body: { commands } }, reply) => {
      const requests = parseCommands(context, commands, inList);
      await refuseWhileStopped(pool, requests);
      return reply.code(202).send(await addCommands(bus, batch_id, requests));
    },
  );
}

function addVerbs(api: App, { bus, pool }: RouteContext): void {
  const answer = async (batch_id: string) => {
    const { status, closed_at } = await requireBatch(pool, batch_id);
    return { batch_id, status, closed_at: closed_at?.toISOString() ?? null };
  };

  api.post(
    '/command-batches/:batch_id/close',
    route(
      tag,
      'Close a batch: it takes no more commands, and ends when its commands have ended',
      wire.commandBatchVerbAnswerSchema,
      { params: wire.batchParams, body: wire.verbBodySchema.nullish() },
    ),
    async ({ params: { batch_id } }) => {
      await closeCommandBatch(bus, batch_id);
      return answer(batch_id);
    },
  );

  api.post(
    '/command-batches/:batch_id/cancel',
    route(tag, 'Cancel a batch: work in progress finishes', wire.commandBatchVerbAnswerSchema, {
      params: wire.batchParams,
      body: wire.verbBodySchema.nullish(),
      unlimited: true,
    }),
    async ({ params: { batch_id }, body }) => {
      await requireBatch(pool, batch_id);
      const { status } = await cancelBatch(bus, batch_id, operatorOf(body));
      return { ...(await answer(batch_id)), status };
    },
  );
}

async function requireBatch(pool: RouteContext['pool'], batch_id: string): Promise<CommandBatchRecord> {
  return orNotFound(await findCommandBatch(pool, batch_id), 'command batch', batch_id);
}

function addReads(api: App, { pool }: RouteContext): void {
  api.get(
    '/command-batches',
    route(tag, 'List command batches, newest first', wire.pageOf(wire.commandBatchSchema), {
      querystring: wire.batchesQuerySchema,
    }),
    ({ query: { status, ...page } }) =>
      keysetPage(
        'batch',
        page,
        (before, limit) => listCommandBatches(pool, { status, before_id: before?.batch_id, limit }),
        showBatch,
      ),
  );

  api.get(
    '/command-batches/:batch_id',
    route(tag, 'Read a command batch with its counts, its template and its replies', wire.commandBatchDetailSchema, {
      params: wire.batchParams,
    }),
    async ({ params: { batch_id } }) => {
      const batch = await requireBatch(pool, batch_id);
      const { in_progress, replies_waiting } = await countUnderWay(pool, batch_id);
      const { input, behavior, retry, lease_ms, completed_count, failed_count, canceled_count } = batch;
      return {
        ...showBatch(batch),
        template: input.type === undefined ? null : input,
        behavior,
        retry,
        lease_ms,
        by_status: {
          PENDING: Math.max(0, batch.waiting_count - in_progress),
          IN_PROGRESS: Math.min(in_progress, batch.waiting_count),
          COMPLETED: completed_count,
          FAILED: failed_count,
          CANCELED: canceled_count,
          IN_TROUBLESHOOTING_QUEUE: batch.in_troubleshooting_count,
        },
        replies: {
          SUCCESS: completed_count,
          FAILED: failed_count,
          CANCELED: canceled_count,
          waiting: replies_waiting,
        },
      };
    },
  );

  api.get(
    '/command-batches/:batch_id/commands',
    route(tag, 'List the commands of a batch, in the order in which they were added', wire.pageOf(wire.commandSchema), {
      params: wire.batchParams,
      querystring: wire.batchCommandsQuerySchema,
    }),
    async ({ params: { batch_id }, query: { status, ...page } }) => {
      await requireBatch(pool, batch_id);
      return keysetPage(
        'member',
        page,
        (after, limit) => listBatchCommands(pool, batch_id, { status }, { after_id: after?.command_id, limit }),
        showCommand,
      );
    },
  );
}

function showBatch(batch: CommandBatchRecord): wire.CommandBatch {
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
