// Routes of replies: queues, looking, consuming, routing again, deleting.

import { z } from 'zod';
import { clearReplies, consumeReplies, discardReply } from '../../bus/replies.ts';
import { findReply, listReplies, listReplyQueues, type ReplyRecord } from '../../db/queries/reply-queues.ts';
import { NotFoundError } from '../../model/errors.ts';
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
import { decodeCursor, encodeCursor, pageFrom } from '../cursor.ts';
import { problemResponse } from '../docs.ts';
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
    { schema: { tags, summary: 'Queues that hold replies', response: { 200: replyQueuesSchema, ...problemResponse } } },
    async () => ({ items: (await listReplyQueues(pool)).map(toWire) }),
  );

  api.get(
    '/replies',
    {
      schema: {
        tags,
        summary: 'Replies, oldest first. Looking takes none',
        querystring: repliesQuerySchema,
        response: { 200: pageOf(replySchema), ...problemResponse },
      },
    },
    async ({ query: { cursor, limit, ...filter } }) => {
      const after_id = cursor === undefined ? undefined : decodeCursor(['reply'], cursor).value[0];
      const rows = await listReplies(pool, { ...filter, after_id, limit: limit + 1 });
      return pageFrom(rows, limit, showReply, (last) => encodeCursor('reply', [last.reply_id]));
    },
  );

  api.get(
    '/replies/:reply_id',
    { schema: { tags, summary: 'One reply', params, response: { 200: replySchema, ...problemResponse } } },
    async ({ params: { reply_id } }) => {
      const reply = await findReply(pool, reply_id);
      if (reply === null) throw new NotFoundError('reply', reply_id);
      return showReply(reply);
    },
  );
}

function addVerbs(api: App, { bus, processes }: RouteContext): void {
  api.post(
    '/replies/consume',
    {
      schema: {
        tags,
        summary: 'Take replies out of a queue, oldest first: they are gone with the answer',
        body: consumeBodySchema,
        response: { 200: consumeAnswerSchema, ...problemResponse },
      },
    },
    async ({ body: { queue, limit } }) => ({ items: (await consumeReplies(bus, queue, { limit })).map(toWire) }),
  );

  api.post(
    '/replies/:reply_id/redrive',
    {
      schema: {
        tags,
        summary: 'Route a kept reply to its process, which must be known here now',
        params,
        response: { 200: redriveAnswerSchema, ...problemResponse },
      },
    },
    async ({ params: { reply_id } }) => ({
      ...(await redriveReply(bus, processes, reply_id)),
      status: 'ROUTED' as const,
    }),
  );

  api.delete(
    '/replies/:reply_id',
    {
      schema: {
        tags,
        summary: 'Delete a reply; not one that a process waits for',
        params,
        response: { 200: deleteReplyAnswerSchema, ...problemResponse },
      },
    },
    ({ params: { reply_id } }) => discardReply(bus, reply_id),
  );

  api.delete(
    '/replies',
    {
      schema: {
        tags,
        summary: 'Delete what senders asked for of a queue',
        querystring: clearQuerySchema,
        response: { 200: clearAnswerSchema, ...problemResponse },
      },
    },
    ({ query: { queue } }) => clearReplies(bus, queue),
  );
}

function showReply({ lane: _lane, ...reply }: ReplyRecord) {
  return toWire(reply);
}
