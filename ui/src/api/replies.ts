// Replies: query keys, fetches and what can be done with them, side by side.

import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { RedriveAnswer, RepliesQuery, Reply, ReplyQueue } from '../../../src/http/contract.ts';
import { type Page, request, withQuery } from './client.ts';
import { REFRESH } from './refresh.ts';

export type ReplyFilter = Pick<RepliesQuery, 'queue' | 'batch_id' | 'cursor'>;

export const replyKeys = {
  all: ['replies'] as const,
  queues: ['replies', 'queues'] as const,
  list: (filter: ReplyFilter) => [...replyKeys.all, 'list', filter] as const,
};

export const replyQueuesQuery = queryOptions({
  queryKey: replyKeys.queues,
  queryFn: ({ signal }) => request<{ items: ReplyQueue[] }>('/replies/queues', { signal }),
  refetchInterval: REFRESH.list_ms,
});

/** Looking takes nothing. */
export const replyListQuery = (filter: ReplyFilter) =>
  queryOptions({
    queryKey: replyKeys.list(filter),
    queryFn: ({ signal }) => request<Page<Reply>>(withQuery('/replies', { ...filter }), { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH.list_ms,
  });

/** Takes the oldest ones: they are gone from the queue, and in the answer only. */
export function consumeReplies(queue: string, limit: number): Promise<{ items: Reply[] }> {
  return request('/replies/consume', { method: 'POST', body: { queue, limit } });
}

/** Gives a kept reply to its process, now that a service knows it. */
export function redriveReply(id: string): Promise<RedriveAnswer> {
  return request(`/replies/${encodeURIComponent(id)}/redrive`, { method: 'POST' });
}

export function deleteReply(id: string): Promise<unknown> {
  return request(`/replies/${encodeURIComponent(id)}`, { method: 'DELETE' });
}

export function clearReplies(queue: string): Promise<{ deleted_count: number }> {
  return request(withQuery('/replies', { queue }), { method: 'DELETE' });
}
