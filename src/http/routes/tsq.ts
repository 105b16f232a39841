// The troubleshooting queue: its list, its size and its causes. The verbs on its commands are those of commands.
// Size and causes read everything that matches, so each is computed at most once a second and shared.

import {
  countParked,
  listCauses,
  listParked,
  type ParkedFilter,
  type ParkedRecord,
} from '../../db/queries/read-tsq.ts';
import { createThrottledMap } from '../../model/throttled.ts';
import type { App, RouteContext } from '../context.ts';
import * as wire from '../contract.ts';
import { keysetPage } from '../paging.ts';
import { route } from '../route.ts';
import { toWire } from '../wire.ts';

const tag = 'troubleshooting';
const MAX_GROUPS = 200;

export function tsqRoutes(api: App, { bus, pool }: RouteContext): void {
  const counts = createThrottledMap(bus.env, (filter) => countParked(pool, JSON.parse(filter) as ParkedFilter));
  const causes = createThrottledMap(bus.env, (filter) =>
    listCauses(pool, JSON.parse(filter) as ParkedFilter, MAX_GROUPS),
  );

  api.get(
    '/tsq',
    route(tag, 'List what waits for an operator, last parked first', wire.pageOf(wire.tsqItemSchema), {
      querystring: wire.tsqQuerySchema,
    }),
    ({ query: { cursor, limit, ...filter } }) =>
      keysetPage(
        'parked',
        { cursor, limit },
        (before, limit) => listParked(pool, { ...filter, before, limit }),
        showItem,
      ),
  );

  api.get(
    '/tsq/count',
    route(tag, 'Count the items that match, as of a moment ago', wire.tsqCountSchema, {
      querystring: wire.tsqFilterQuerySchema,
    }),
    async ({ query }) => ({ count: await counts.of(JSON.stringify(query)).read() }),
  );

  api.get(
    '/tsq/groups',
    route(
      tag,
      'Group the items that match by cause, the most frequent first, as of a moment ago',
      wire.tsqGroupsSchema,
      { querystring: wire.tsqFilterQuerySchema },
    ),
    async ({ query }) => {
      const key = JSON.stringify(query);
      const groups = await causes.of(key).read();
      // If all groups are shown, their sum is the count, and agrees with them.
      const sum = groups.reduce((total, group) => total + group.count, 0);
      const count = groups.length < MAX_GROUPS ? sum : await counts.of(key).read();
      return { count, groups: groups.map(toWire) };
    },
  );
}

function showItem({ item_id, parked_at_us, ...item }: ParkedRecord): wire.TsqItem {
  return toWire(item);
}
