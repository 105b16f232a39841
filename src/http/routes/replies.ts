// Replies: list, consume, route again and delete.

import { z } from 'zod';
import { clearReplies, consumeReplies, discardReply } from '../../bus/replies.ts';
import { findReply, listReplies, listReplyQueues, type ReplyRecord } from '../../db/queries/reply-queues.ts';
import { orNotFound } from '../../model/errors.ts';
import { redriveReply } from '../../process/replies.ts';
import type { App, RouteContext } from '../context.ts';
import {
  clearAnswerSchema,
  clearQuerySchema,
  consumeAnswerSchema,
  consumeBodySchema,
  deleteReplyAnswerSchema,
  idSchema,
  pageOf,
  redriveAnswerSchema,
  repliesQuerySchema,
  replyQueuesSchema,
  replySchema,
} from '../contract.ts';
import { keysetPage } from '../paging.ts';
import { route } from '../route.ts';
import { toWire } from '../wire.ts';

const tags = ['replies'];
const params = z.object({ reply_id: idSchema });

export function replyRoutes(api: App, context: RouteContext): void {
  addReads(api, context);
  addVerbs(api, context);
}

function addReads(api: App, { pool }: RouteContext): void {
  api.get(
    '/replies/queues',
    route({ 200: replyQueuesSchema }, { tags, summary: 'List the queues that hold replies' }),
    async () => ({ items: (await listReplyQueues(pool)).map(toWire) }),
  );

  api.get(
    '/replies',
    route(
      { 200: pageOf(replySchema) },
      { tags, summary: 'List replies, oldest first, without consuming them', querystring: repliesQuerySchema },
    ),
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
    route({ 200: replySchema }, { tags, summary: 'Read a reply', params }),
    async ({ params: { reply_id } }) => showReply(orNotFound(await findReply(pool, reply_id), 'reply', reply_id)),
  );
}

function addVerbs(api: App, { bus, processes }: RouteContext): void {
  api.post(
    '/replies/consume',
    route(
      { 200: consumeAnswerSchema },
      { tags, summary: 'Take replies out of a queue, oldest first', body: consumeBodySchema },
    ),
    async ({ body: { queue, limit } }) => ({ items: (await consumeReplies(bus, queue, { limit })).map(toWire) }),
  );

  api.post(
    '/replies/:reply_id/redrive',
    route(
      { 200: redriveAnswerSchema },
      { tags, summary: 'Route a kept reply to its process, whose type must be registered here', params },
    ),
    async ({ params: { reply_id } }) => ({
      ...(await redriveReply(bus, processes, reply_id)),
      status: 'ROUTED' as const,
    }),
  );

  api.delete(
    '/replies/:reply_id',
    route({ 200: deleteReplyAnswerSchema }, { tags, summary: 'Delete a reply that no process waits for', params }),
    ({ params: { reply_id } }) => discardReply(bus, reply_id),
  );

  api.delete(
    '/replies',
    route(
      { 200: clearAnswerSchema },
      { tags, summary: 'Delete the replies of a queue that senders asked for', querystring: clearQuerySchema },
    ),
    ({ query: { queue } }) => clearReplies(bus, queue),
  );
}

function showReply({ lane: _lane, ...reply }: ReplyRecord) {
  return toWire(reply);
}
