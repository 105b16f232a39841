// Replies: list, consume, route again and delete.

import { z } from 'zod';
import { clearReplies, consumeReplies, discardReply } from '../../bus/replies.ts';
import { findReply, listReplies, listReplyQueues, type ReplyRecord } from '../../db/queries/replies.ts';
import { orNotFound } from '../../model/errors.ts';
import { redriveReply } from '../../process/replies.ts';
import type { App, RouteContext } from '../context.ts';
import * as wire from '../contract.ts';
import { keysetPage } from '../paging.ts';
import { route } from '../route.ts';
import { toWire } from '../wire.ts';

const tag = 'replies';
const params = z.object({ reply_id: wire.idSchema });

export function replyRoutes(api: App, context: RouteContext): void {
  addReads(api, context);
  addVerbs(api, context);
}

function addReads(api: App, { pool }: RouteContext): void {
  api.get('/replies/queues', route(tag, 'List the queues that hold replies', wire.replyQueuesSchema), async () => ({
    items: (await listReplyQueues(pool)).map(toWire),
  }));

  api.get(
    '/replies',
    route(tag, 'List replies, oldest first, without consuming them', wire.pageOf(wire.replySchema), {
      querystring: wire.repliesQuerySchema,
    }),
    ({ query: { cursor, limit, ...filter } }) =>
      keysetPage(
        'reply',
        { cursor, limit },
        (after, limit) => listReplies(pool, { ...filter, after_id: after?.reply_id, limit }),
        showReply,
      ),
  );

  api.get(
    '/replies/:reply_id',
    route(tag, 'Read a reply', wire.replySchema, { params }),
    async ({ params: { reply_id } }) => showReply(orNotFound(await findReply(pool, reply_id), 'reply', reply_id)),
  );
}

function addVerbs(api: App, { bus, processes }: RouteContext): void {
  api.post(
    '/replies/consume',
    route(tag, 'Take replies out of a queue, oldest first', wire.consumeAnswerSchema, { body: wire.consumeBodySchema }),
    async ({ body: { queue, limit } }) => ({ items: (await consumeReplies(bus, queue, { limit })).map(toWire) }),
  );

  api.post(
    '/replies/:reply_id/redrive',
    route(tag, 'Route a kept reply to its process, whose type must be registered here', wire.redriveAnswerSchema, {
      params,
    }),
    async ({ params: { reply_id } }) => ({
      ...(await redriveReply(bus, processes, reply_id)),
      status: 'ROUTED' as const,
    }),
  );

  api.delete(
    '/replies/:reply_id',
    route(tag, 'Delete a reply that no process waits for', wire.deleteReplyAnswerSchema, { params }),
    ({ params: { reply_id } }) => discardReply(bus, reply_id),
  );

  api.delete(
    '/replies',
    route(tag, 'Delete the replies of a queue that senders asked for', wire.clearAnswerSchema, {
      querystring: wire.clearQuerySchema,
    }),
    ({ query: { queue } }) => clearReplies(bus, queue),
  );
}

function showReply({ lane: _lane, ...reply }: ReplyRecord) {
  return toWire(reply);
}
