// Routes of the troubleshooting queue: the list, and the operator's three verbs.

import { z } from 'zod';
import { cancelCommand, completeCommand, retryCommand } from '../../bus/troubleshooting.ts';
import { listParked, type ParkedRecord } from '../../db/queries/read-tsq.ts';
import {
  cancelBodySchema,
  idSchema,
  pageOf,
  type TsqItem,
  tsqItemSchema,
  tsqQuerySchema,
  verbAnswerSchema,
  verbBodySchema,
} from '../contract.ts';
import { decodeCursor, encodeCursor, pageFrom } from '../cursor.ts';
import { problemResponse } from '../docs.ts';
import type { App, RouteContext } from '../server.ts';
import { toWire } from '../wire.ts';
import { operatorOf } from './operator.ts';

const params = z.object({ command_id: idSchema });
const response = { 200: verbAnswerSchema, ...problemResponse };
const tags = ['troubleshooting'];

export function tsqRoutes(api: App, { bus, pool }: RouteContext): void {
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
