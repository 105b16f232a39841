// The route of a batch's report: as JSON for programs, as Markdown for people.
// Both say the same; the Markdown shows fewer violations.

import { z } from 'zod';
import { readReport, renderReport } from '../../verification/index.ts';
import type { App, RouteContext } from '../context.ts';
import { idSchema, reportQuerySchema, reportSchema } from '../contract.ts';
import { problemResponse } from '../docs.ts';

export function reportRoutes(api: App, context: RouteContext): void {
  api.get(
    '/process-batches/:batch_id/report',
    {
      schema: {
        tags: ['batches'],
        summary: 'What was asked for, predicted, injected, observed and checked, and how it recovered',
        description:
          'The verdict in it is computed first where the batch is at rest. Latencies are of successful attempts; recovery is the time from a turbulence until an attempt that began after it succeeded.',
        params: z.object({ batch_id: idSchema }),
        querystring: reportQuerySchema,
        response: {
          200: {
            description: 'The report',
            content: { 'application/json': { schema: reportSchema }, 'text/markdown': { schema: z.string() } },
          },
          ...problemResponse,
        },
      },
    },
    async ({ params, query }, reply) => {
      const report = await readReport({ ...context, env: context.bus.env }, params.batch_id);
      if (query.format === 'json') return report;
      return reply.type('text/markdown; charset=utf-8').send(renderReport(report));
    },
  );
}
