// Replies: query keys, fetches and verbs.

import { queryOptions } from '@tanstack/react-query';
import type { RedriveAnswer, RepliesQuery, Reply, ReplyQueue } from '../../../src/http/contract.ts';
import { get, type Page, pathTo, post, request, withQuery } from './client.ts';
import { LISTED, REFRESH } from './refresh.ts';

export type ReplyFilter = Pick<RepliesQuery, 'queue' | 'batch_id' | 'cursor'>;

export const replyKeys = { all: ['replies'] as const };

export const replyQueuesQuery = queryOptions({
  queryKey: [...replyKeys.all, 'queues'],
  queryFn: get<{ items: ReplyQueue[] }>('/replies/queues'),
  refetchInterval: REFRESH.list_ms,
});

/** Reads replies without consuming them. */
export const replyListQuery = (filter: ReplyFilter) =>
  queryOptions({
    queryKey: [...replyKeys.all, 'list', filter],
    queryFn: get<Page<Reply>>('/replies', filter),
    ...LISTED,
  });

/** Removes the oldest replies from the queue; the answer holds them. */
export const consumeReplies = (queue: string, limit: number) =>
  post<{ items: Reply[] }>('/replies/consume', { queue, limit });

/** Delivers a kept reply to its process. */
export const redriveReply = (id: string) => post<RedriveAnswer>(pathTo('replies', id, 'redrive'));

export const deleteReply = (id: string) => request(pathTo('replies', id), { method: 'DELETE' });

export const clearReplies = (queue: string) =>
  request<{ deleted_count: number }>(withQuery('/replies', { queue }), { method: 'DELETE' });
