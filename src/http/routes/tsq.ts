// Routes of the troubleshooting queue: the list, its size and causes, and the operator's three verbs on one item.
// Size and causes read all that matches: each is computed at most once a second, for all who look.

import { z } from 'zod';
import { cancelCommand, completeCommand, retryCommand } from '../../bus/troubleshooting.ts';
import {
  countParked,
  listCauses,
  listParked,
  type ParkedFilter,
  type ParkedRecord,
} from '../../db/queries/read-tsq.ts';
import { createThrottledMap } from '../../model/throttled.ts';
import type { App, RouteContext } from '../context.ts';
import {
  cancelBodySchema,
  idSchema,
  pageOf,
  type TsqItem,
  tsqCountSchema,
  tsqFilterQuerySchema,
  tsqGroupsSchema,
  tsqItemSchema,
  tsqQuerySchema,
  verbAnswerSchema,
  verbBodySchema,
} from '../contract.ts';
import { decodeCursor, encodeCursor, pageFrom } from '../cursor.ts';
import { problemResponse } from '../docs.ts';
import { toWire } from '../wire.ts';
import { operatorOf } from './operator.ts';

const params = z.object({ command_id: idSchema });
const response = { 200: verbAnswerSchema, ...problemResponse };
const tags = ['troubleshooting'];
const MAX_GROUPS = 200;

export function tsqRoutes(api: App, { bus, pool }: RouteContext): void {
  const counts = createThrottledMap(bus.env, (filter) => countParked(pool, JSON.parse(filter) as ParkedFilter));
  const causes = createThrottledMap(bus.env, (filter) =>
    listCauses(pool, JSON.parse(filter) as ParkedFilter, MAX_GROUPS),
  );

  api.get(
    '/tsq',
    {
      schema: {
        tags,
        summary: 'What waits for an operator, last parked first',
        querystring: tsqQuerySchema,
        response: { 200: pageOf(tsqItemSchema), ...problemResponse },
      },
    },
    async ({ query: { cursor, limit, ...filter } }) => {
      const before = cursor === undefined ? undefined : decodeCursor(['parked'], cursor).value;
      const rows = await listParked(pool, {
        ...filter,
        before: before === undefined ? undefined : { parked_at_us: before[0], item_id: before[1] },
        limit: limit + 1,
      });
      return pageFrom(rows, limit, showItem, (last) => encodeCursor('parked', [last.parked_at_us, last.item_id]));
    },
  );

  api.get(
    '/tsq/count',
    {
      schema: {
        tags,
        summary: 'How many items match, as of a moment ago',
        querystring: tsqFilterQuerySchema,
        response: { 200: tsqCountSchema, ...problemResponse },
      },
    },
    async ({ query }) => ({ count: await counts.of(JSON.stringify(query)).read() }),
  );

  api.get(
    '/tsq/groups',
    {
      schema: {
        tags,
        summary: 'What matches by cause, the most frequent first, as of a moment ago',
        querystring: tsqFilterQuerySchema,
        response: { 200: tsqGroupsSchema, ...problemResponse },
      },
    },
    async ({ query }) => {
      const key = JSON.stringify(query);
      const groups = await causes.of(key).read();
      // Where all groups are shown their sum is the count, and agrees with them.
      const sum = groups.reduce((total, group) => total + group.count, 0);
      const count = groups.length < MAX_GROUPS ? sum : await counts.of(key).read();
      return { count, groups: groups.map(toWire) };
    },
  );

  api.post(
    '/tsq/:command_id/retry',
    {
      schema: {
        tags,
        summary: 'Try it again, with a fresh round of attempts',
        params,
        body: verbBodySchema.nullish(),
        response,
      },
    },
    ({ params, body }) => retryCommand(bus, params.command_id, operatorOf(body)),
  );

  api.post(
    '/tsq/:command_id/cancel',
    {
      schema: {
        tags,
        summary: 'Give it up; its process undoes what it did. Says why',
        params,
        body: cancelBodySchema,
        response,
      },
    },
    ({ params, body }) => cancelCommand(bus, params.command_id, { ...operatorOf(body), reason: body.reason }),
  );

  api.post(
    '/tsq/:command_id/complete',
    {
      schema: {
        tags,
        summary: 'Take it as done, with `result` as what its handler returned',
        params,
        body: verbBodySchema.nullish(),
        response,
      },
    },
    ({ params, body }) => completeCommand(bus, params.command_id, operatorOf(body), body?.result),
  );
}

function showItem({ item_id, parked_at_us, ...item }: ParkedRecord): TsqItem {
  return toWire(item);
}
