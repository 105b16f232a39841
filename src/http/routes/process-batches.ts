// Routes of batches: launch, list, look, follow, cancel.

import { z } from 'zod';
import { listBatches } from '../../db/queries/read-batches.ts';
import { cancelBatch } from '../../process/cancel.ts';
import { showBatch } from '../batch-detail.ts';
import type { App, RouteContext } from '../context.ts';
import {
  batchDetailSchema,
  batchesQuerySchema,
  batchSchema,
  cancelAnswerSchema,
  idempotencyKeySchema,
  idSchema,
  launchAnswerSchema,
  pageOf,
  verbBodySchema,
} from '../contract.ts';
import { decodeCursor, encodeCursor, pageFrom } from '../cursor.ts';
import { problemResponse } from '../docs.ts';
import { LAST_EVENT_ID } from '../events.ts';
import { acceptLaunch, placeOf } from '../launch.ts';
import { describeLaunch, parseLaunch, readIdempotency } from '../launch-body.ts';
import { NEVER_LIMITED } from '../security.ts';
import { operatorOf } from './operator.ts';

const params = z.object({ batch_id: idSchema });

export function processBatchRoutes(api: App, context: RouteContext): void {
  addLaunch(api, context);
  addReads(api, context);
  addEvents(api, context);

  api.post(
    '/process-batches/:batch_id/cancel',
    {
      config: NEVER_LIMITED,
      schema: {
        tags: ['batches'],
        summary: 'Cancel what was not begun; the rest runs out',
        params,
        body: verbBodySchema.nullish(),
        response: { 200: cancelAnswerSchema, ...problemResponse },
      },
    },
    ({ params, body }) => cancelBatch(context.bus, params.batch_id, operatorOf(body)),
  );
}

function addLaunch(api: App, context: RouteContext): void {
  const { processes } = context;
  // The second path is the name in the plan this project began with.
  for (const path of ['/process-batches', '/processes/batch'])
    api.post(
      path,
      {
        // Three schemas and all their mistakes at once: the body is checked by parseLaunch.
        validatorCompiler: () => (data) => ({ value: data }),
        schema: {
          tags: ['launching'],
          summary: 'Launch 1 to 100,000 processes',
          deprecated: path !== '/process-batches',
          description:
            'Answers at once; the processes are created by the workers. Fields beside those of every launch are the input of the process type.',
          headers: z.looseObject({ 'idempotency-key': idempotencyKeySchema.optional() }),
          body: describeLaunch(processes),
          response: { 202: launchAnswerSchema, ...problemResponse },
        },
      },
      async (request, reply) => {
        const launch = parseLaunch(request.body, processes);
        launch.idempotency = readIdempotency(request.headers['idempotency-key'], request.body);
        const launched = await acceptLaunch(context, launch);
        return reply.code(202).header('location', placeOf(launched)).send(launched);
      },
    );
}

function addReads(api: App, { pool, details }: RouteContext): void {
  api.get(
    '/process-batches',
    {
      schema: {
        tags: ['batches'],
        summary: 'Batches, newest first',
        querystring: batchesQuerySchema,
        response: { 200: pageOf(batchSchema), ...problemResponse },
      },
    },
    async ({ query }) => {
      const before = query.cursor === undefined ? undefined : decodeCursor(['batch'], query.cursor).value;
      const rows = await listBatches(pool, { status: query.status, before_id: before?.[0], limit: query.limit + 1 });
      return pageFrom(rows, query.limit, showBatch, (last) => encodeCursor('batch', [last.batch_id]));
    },
  );

  api.get(
    '/process-batches/:batch_id',
    {
      schema: {
        tags: ['batches'],
        summary: 'One batch with its funnel, throughput, rate and ETA',
        params,
        response: { 200: batchDetailSchema, ...problemResponse },
      },
    },
    ({ params }) => details.read(params.batch_id),
  );
}

function addEvents(api: App, { details, events }: RouteContext): void {
  api.get(
    '/process-batches/:batch_id/events',
    {
      exposeHeadRoute: false,
      schema: {
        tags: ['batches'],
        summary: 'Follow a batch (server-sent events)',
        description:
          '`batch`: its detail, whenever that changed; `ping`: every 10 s in which nothing did. Ends after the batch has.',
        params,
        response: {
          200: { description: 'The stream', content: { 'text/event-stream': { schema: z.unknown() } } },
          204: z.undefined().describe('A browser came back that has seen the last event: it need not come again'),
          ...problemResponse,
        },
      },
    },
    async (request, reply) => {
      const batch = await details.read(request.params.batch_id);
      if (batch.completed_at !== null && request.headers['last-event-id'] === LAST_EVENT_ID)
        return reply.code(204).send();
      reply
        .header('cache-control', 'no-store')
        .header('x-accel-buffering', 'no')
        .type('text/event-stream; charset=utf-8');
      return reply.send(events.subscribe(batch));
    },
  );
}
