// Routes of the laboratory: what a launch would come to, and the verdict on a batch.

import { z } from 'zod';
import type { Experiment } from '../../chaos/experiment.ts';
import { findBatch } from '../../db/queries/read-batches.ts';
import { NotFoundError } from '../../model/errors.ts';
import { drawSeed } from '../../process/launch.ts';
import type { App, RouteContext } from '../context.ts';
import { idSchema, previewSchema, verdictProgressSchema, verdictSchema } from '../contract.ts';
import { problemResponse } from '../docs.ts';
import { describeLaunch, parseLaunch } from '../launch-body.ts';

export function labRoutes(api: App, { bus, pool, processes, laboratory, verdicts }: RouteContext): void {
  api.post(
    '/process-batches/preview',
    {
      validatorCompiler: () => (data) => ({ value: data }),
      schema: {
        tags: ['launching'],
        summary: 'What a launch would come to, process by process',
        description:
          'The body of a launch. Exact where the way of a process is known from its chaos alone, assuming no interruption and no operator; elsewhere expectations, labelled so. Launches nothing.',
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
      const predicted = await laboratory.predict({ process_type, process_version, input, launch });
      return { seed: launch.seed, ...predicted, duration_ms: bus.env.monotonicMs() - began_ms };
    },
  );

  api.get(
    '/process-batches/:batch_id/verdict',
    {
      schema: {
        tags: ['batches'],
        summary: 'Whether anything was lost, doubled or left behind, check by check',
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
        summary: 'The verdict given again, whatever is stored',
        description:
          'On nothing older than the request: also what was written by hand, or is missing in storage, since the last one was stored. While the batch runs it is what GET answers.',
        params: z.object({ batch_id: idSchema }),
        response: { 200: verdictSchema, ...problemResponse },
      },
    },
    ({ params }) => verdicts.judge(params.batch_id),
  );

  api.get(
    '/process-batches/:batch_id/verdict/progress',
    {
      schema: {
        tags: ['batches'],
        summary: 'How far the verdict on a large batch has come',
        description:
          'For whoever waits for it, which takes seconds for 100,000 processes. `verifying` is false when none is being given.',
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
