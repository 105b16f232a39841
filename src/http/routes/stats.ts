// Figures of the whole service, for the dashboard.

import type { App, RouteContext } from '../context.ts';
import * as wire from '../contract.ts';
import { route } from '../route.ts';

const tag = 'operations';

export function statsRoutes(api: App, { overview, activity }: RouteContext): void {
  api.get('/stats/overview', route(tag, 'Read counts, pace and what waits for an operator', wire.overviewSchema), () =>
    overview.read(),
  );

  api.get(
    '/stats/throughput',
    route(tag, 'Read how many attempts ended lately, in slices of time', wire.throughputSchema, {
      querystring: wire.throughputQuerySchema,
    }),
    ({ query }) => activity.throughput(query.window_s),
  );
}
