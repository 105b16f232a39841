// The report of a batch, as JSON or as Markdown, which lists fewer violations.

import { z } from 'zod';
import { readReport, renderReport } from '../../verification/index.ts';
import type { App, RouteContext } from '../context.ts';
import * as wire from '../contract.ts';
import { route } from '../route.ts';

export function reportRoutes(api: App, context: RouteContext): void {
  api.get(
    '/process-batches/:batch_id/report',
    route(
      'batches',
      'Report what was asked for, predicted, injected, observed and checked, and how the batch recovered',
      {
        description: 'The report',
        content: { 'application/json': { schema: wire.reportSchema }, 'text/markdown': { schema: z.string() } },
      },
      {
        description:
          'For a batch at rest the verdict is computed first. Latencies are those of successful attempts; recovery is the time from the start of a turbulence until an attempt that began after it succeeded.',
        params: wire.batchParams,
        querystring: wire.reportQuerySchema,
      },
    ),
    async ({ params, query }, reply) => {
      const report = await readReport({ ...context, env: context.bus.env }, params.batch_id);
      if (query.format === 'json') return report;
      return reply.type('text/markdown; charset=utf-8').send(renderReport(report));
    },
  );
}
