// Process batches: launch, list, read, follow, cancel and rerun.

import { z } from 'zod';
import { listBatches } from '../../db/queries/read-batches.ts';
import { cancelBatch } from '../../process/cancel.ts';
import { showBatch } from '../batch-detail.ts';
import type { App, RouteContext } from '../context.ts';
import * as wire from '../contract.ts';
import { LAST_EVENT_ID } from '../events.ts';
import { acceptLaunch } from '../launch.ts';
import { describeLaunch, parseLaunch } from '../launch-body.ts';
import { keysetPage } from '../paging.ts';
import { rerunOfBatch } from '../rerun.ts';
import { operatorOf, route } from '../route.ts';

const tag = 'batches';

export function processBatchRoutes(api: App, context: RouteContext): void {
  addLaunch(api, context);
  addReads(api, context);
  addEvents(api, context);

  api.post(
    '/process-batches/:batch_id/cancel',
    route(tag, 'Cancel a batch: work in progress finishes', wire.cancelAnswerSchema, {
      params: wire.batchParams,
      body: wire.verbBodySchema.nullish(),
      unlimited: true,
    }),
    ({ params, body }) => cancelBatch(context.bus, params.batch_id, operatorOf(body)),
  );
}

function addLaunch(api: App, context: RouteContext): void {
  const launchOptions = (deprecated: boolean) =>
    route('launching', 'Launch 1 to 100,000 processes', wire.launchAnswerSchema, {
      deprecated,
      description:
        'Answers at once; the workers create the processes. Fields that are not common to every launch are the input of the process type.',
      headers: wire.idempotencyHeaders,
      body: describeLaunch(context),
      status: 202,
      unchecked_body: true,
    });
  // The second path is an alias.
  for (const path of ['/process-batches', '/processes/batch'])
    api.post(path, launchOptions(path !== '/process-batches'), ({ body, headers }, reply) =>
      acceptLaunch(context, reply, parseLaunch(body, context), headers, body),
    );

  api.post(
    '/process-batches/:batch_id/rerun',
    route('launching', 'Launch a batch again', wire.launchAnswerSchema, {
      description:
        'Whatever the body does not give is taken from the batch: input, count, seed, behavior as launched, policy and experiment. An empty behavior or experiment means none.',
      params: wire.batchParams,
      headers: wire.idempotencyHeaders,
      body: wire.rerunBodySchema.nullish(),
      status: 202,
    }),
    async ({ params, body, headers }, reply) => {
      const launch = await rerunOfBatch(context, params.batch_id, body ?? {});
      return acceptLaunch(context, reply, launch, headers, { rerun_of: params, body: body ?? {} });
    },
  );
}

function addReads(api: App, { pool, details }: RouteContext): void {
  api.get(
    '/process-batches',
    route(tag, 'List batches, newest first', wire.pageOf(wire.batchSchema), { querystring: wire.batchesQuerySchema }),
    ({ query: { status, ...page } }) =>
      keysetPage(
        'batch',
        page,
        (before, limit) => listBatches(pool, { status, before_id: before?.batch_id, limit }),
        showBatch,
      ),
  );

  api.get(
    '/process-batches/:batch_id',
    route(tag, 'Read a batch with its funnel, throughput, rate and ETA', wire.batchDetailSchema, {
      params: wire.batchParams,
    }),
    ({ params }) => details.read(params.batch_id),
  );
}

function addEvents(api: App, { details, events }: RouteContext): void {
  api.get(
    '/process-batches/:batch_id/events',
    route(
      tag,
      'Follow a batch (server-sent events)',
      { description: 'The stream', content: { 'text/event-stream': { schema: z.unknown() } } },
      {
        description:
          '`batch`: the detail of the batch, whenever it changes; `ping`: after 10 s without a change. The stream ends after the batch has ended.',
        params: wire.batchParams,
        also: { 204: z.undefined().describe('The browser has seen the last event and need not reconnect') },
        exposeHeadRoute: false,
      },
    ),
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
