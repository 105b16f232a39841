// Figures of the whole service, for the dashboard.

import type { App, RouteContext } from '../context.ts';
import { overviewSchema, throughputQuerySchema, throughputSchema } from '../contract.ts';
import { problemResponse } from '../docs.ts';

export function statsRoutes(api: App, { overview, activity }: RouteContext): void {
  api.get(
    '/stats/overview',
    {
      schema: {
        tags: ['operations'],
        summary: 'Counts, pace and what waits for an operator',
        response: { 200: overviewSchema, ...problemResponse },
      },
    },
    () => overview.read(),
  );

  api.get(
    '/stats/throughput',
    {
      schema: {
        tags: ['operations'],
        summary: 'Attempts ended over the last seconds, in slices',
        querystring: throughputQuerySchema,
        response: { 200: throughputSchema, ...problemResponse },
      },
    },
    ({ query }) => activity.throughput(query.window_s),
  );
}
