// Figures of the whole service, for the dashboard.

import type { App, RouteContext } from '../context.ts';
import { overviewSchema, throughputQuerySchema, throughputSchema } from '../contract.ts';
import { route } from '../route.ts';

const tags = ['operations'];

export function statsRoutes(api: App, { overview, activity }: RouteContext): void {
  api.get(
    '/stats/overview',
    route({ 200: overviewSchema }, { tags, summary: 'Read counts, pace and what waits for an operator' }),
    () => overview.read(),
  );

  api.get(
    '/stats/throughput',
    route(
      { 200: throughputSchema },
      { tags, summary: 'Read how many attempts ended lately, in slices of time', querystring: throughputQuerySchema },
    ),
    ({ query }) => activity.throughput(query.window_s),
  );
}
