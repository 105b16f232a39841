// The verdict on a batch.

import { findBatch } from '../../db/queries/read-batches.ts';
import { orNotFound } from '../../model/errors.ts';
import type { App, RouteContext } from '../context.ts';
import * as wire from '../contract.ts';
import { route } from '../route.ts';

const tag = 'batches';

export function verdictRoutes(api: App, { pool, verdicts }: RouteContext): void {
  api.get(
    '/process-batches/:batch_id/verdict',
    route(tag, 'Check that nothing was lost, doubled or left behind', wire.verdictSchema, {
      description:
        'While the batch runs: light checks only, verdict `running` (or `fail`). At rest: every process is replayed. The verdict is stored, and computed again after anything of the batch has changed.',
      params: wire.batchParams,
    }),
    ({ params }) => verdicts.read(params.batch_id),
  );

  api.post(
    '/process-batches/:batch_id/verdict',
    route(tag, 'Compute the verdict again, whatever is stored', wire.verdictSchema, {
      description:
        'Uses nothing older than the request, so it also finds rows changed by hand and documents missing in storage. While the batch runs it answers like GET.',
      params: wire.batchParams,
    }),
    ({ params }) => verdicts.verify(params.batch_id),
  );

  api.get(
    '/process-batches/:batch_id/verdict/progress',
    route(tag, 'Read the progress of a verification', wire.verdictProgressSchema, {
      description: 'Verifying 100,000 processes takes seconds. `verifying` is false when no verification runs.',
      params: wire.batchParams,
    }),
    async ({ params: { batch_id } }) => {
      const { total_count } = orNotFound(await findBatch(pool, batch_id), 'batch', batch_id);
      const progress = verdicts.progress(batch_id);
      return { batch_id, verifying: progress !== null, verified: progress?.verified ?? 0, total: total_count };
    },
  );
}
