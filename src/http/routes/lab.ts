// Routes of prediction and verdict.

import { z } from 'zod';
import type { Experiment } from '../../chaos/experiment.ts';
import { findBatch } from '../../db/queries/read-batches.ts';
import { NotFoundError } from '../../model/errors.ts';
import { drawSeed } from '../../process/launch.ts';
import type { App, RouteContext } from '../context.ts';
import { idSchema, previewSchema, verdictProgressSchema, verdictSchema } from '../contract.ts';
import { problemResponse } from '../docs.ts';
import { describeLaunch, parseLaunch } from '../launch-body.ts';

export function labRoutes(api: App, { bus, pool, processes, analysis, verdicts }: RouteContext): void {
  api.post(
    '/process-batches/preview',
    {
      validatorCompiler: () => (data) => ({ value: data }),
      schema: {
        tags: ['launching'],
        summary: 'Predict a launch, process by process',
        description:
          'Takes the body of a launch and launches nothing. Exact where the path of a process depends on its chaos alone; elsewhere labelled as expectations. Assumes no interruption and no operator.',
        body: describeLaunch(processes),
        response: { 200: previewSchema, ...problemResponse },
      },
    },
    async (request) => {
      const began_ms = bus.env.monotonicMs();
      const { definition, input, count, behavior, seed, policy, experiment } = parseLaunch(request.body, processes);
      const launch = {
        seed: seed ?? drawSeed(bus),
        count,
        first_ordinal: 0,
        behavior: behavior ?? null,
        scope_pct: ((experiment ?? {}) as Experiment).scope_pct ?? null,
        max_attempts: policy?.max_attempts ?? definition.policy?.max_attempts ?? bus.settings().retry.max_attempts,
      };
      const { type: process_type, version: process_version } = definition;
      const predicted = await analysis.predict({ process_type, process_version, input, launch });
      return { seed: launch.seed, ...predicted, duration_ms: bus.env.monotonicMs() - began_ms };
    },
  );

  api.get(
    '/process-batches/:batch_id/verdict',
    {
      schema: {
        tags: ['batches'],
        summary: 'The verdict: whether anything was lost, doubled or left behind, check by check',
        description:
          'While the batch runs: light checks only, verdict `running` (or `fail`). At rest: every process is replayed; stored, and computed again once anything of the batch changed.',
        params: z.object({ batch_id: idSchema }),
        response: { 200: verdictSchema, ...problemResponse },
      },
    },
    ({ params }) => verdicts.read(params.batch_id),
  );

  api.post(
    '/process-batches/:batch_id/verdict',
    {
      schema: {
        tags: ['batches'],
        summary: 'Verify again, whatever verdict is stored',
        description:
          'Based on nothing older than the request, so it also sees rows edited by hand and documents missing from storage. While the batch runs, the same as GET.',
        params: z.object({ batch_id: idSchema }),
        response: { 200: verdictSchema, ...problemResponse },
      },
    },
    ({ params }) => verdicts.verify(params.batch_id),
  );

  api.get(
    '/process-batches/:batch_id/verdict/progress',
    {
      schema: {
        tags: ['batches'],
        summary: 'Progress of a verification',
        description:
          'Verifying 100,000 processes takes seconds. `verifying` is false when the batch is not being verified.',
        params: z.object({ batch_id: idSchema }),
        response: { 200: verdictProgressSchema, ...problemResponse },
      },
    },
    async ({ params: { batch_id } }) => {
      const batch = await findBatch(pool, batch_id);
      if (batch === null) throw new NotFoundError('batch', batch_id);
      const progress = verdicts.progress(batch_id);
      return { batch_id, verifying: progress !== null, verified: progress?.verified ?? 0, total: batch.total_count };
    },
  );
}
