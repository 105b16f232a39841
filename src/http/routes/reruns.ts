// Routes that do something again: a batch, or one process of it alone.
// Each is a launch, with an Idempotency-Key like one, and refused what one is refused.

import { z } from 'zod';
import type { App, RouteContext } from '../context.ts';
import {
  idempotencyKeySchema,
  idSchema,
  launchAnswerSchema,
  rerunBodySchema,
  rerunProcessBodySchema,
} from '../contract.ts';
import { problemResponse } from '../docs.ts';
import { acceptLaunch, placeOf } from '../launch.ts';
import { readIdempotency } from '../launch-body.ts';
import { rerunOfBatch, rerunOfProcess } from '../rerun.ts';

const headers = z.looseObject({ 'idempotency-key': idempotencyKeySchema.optional() });

export function rerunRoutes(api: App, context: RouteContext): void {
  api.post(
    '/process-batches/:batch_id/rerun',
    {
      schema: {
        tags: ['launching'],
        summary: 'Launch a batch again',
        description:
          'Input, count, seed, behavior as launched, policy and experiment are those of the batch where the body does not say otherwise; an empty behavior or experiment asks for none.',
        params: z.object({ batch_id: idSchema }),
        headers,
        body: rerunBodySchema.nullish(),
        response: { 202: launchAnswerSchema, ...problemResponse },
      },
    },
    async ({ params, body, headers }, reply) => {
      const launch = await rerunOfBatch(context, params.batch_id, body ?? {});
      launch.idempotency = readIdempotency(headers['idempotency-key'], { rerun_of: params, body: body ?? {} });
      const launched = await acceptLaunch(context, launch);
      return reply.code(202).header('location', placeOf(launched)).send(launched);
    },
  );

  api.post(
    '/processes/:process_id/rerun',
    {
      schema: {
        tags: ['launching'],
        summary: 'Do one process again, alone, with the same faults',
        description: 'Launches a batch of one, with the seed and at the ordinal of the process.',
        params: z.object({ process_id: idSchema }),
        headers,
        body: rerunProcessBodySchema.nullish(),
        response: { 202: launchAnswerSchema, ...problemResponse },
      },
    },
    async ({ params, body, headers }, reply) => {
      const launch = await rerunOfProcess(context, params.process_id, body ?? {});
      launch.idempotency = readIdempotency(headers['idempotency-key'], { rerun_of: params, body: body ?? {} });
      const launched = await acceptLaunch(context, launch);
      return reply.code(202).header('location', placeOf(launched)).send(launched);
    },
  );
}
