// Replies: query keys, queries and verbs.

import { queryOptions } from '@tanstack/react-query';
import type { RedriveAnswer, RepliesQuery, Reply, ReplyQueue } from '../../../src/http/contract.ts';
import { path, post, read, request, withQuery } from './client.ts';
import { listQuery } from './list-query.ts';
import { REFRESH } from './refresh.ts';

export const replyKeys = { all: ['replies'] as const };

export const replyQueuesQuery = queryOptions({
  queryKey: [...replyKeys.all, 'queues'],
  queryFn: read<{ items: ReplyQueue[] }>('/replies/queues'),
  refetchInterval: REFRESH.list_ms,
});

/** Reads replies without consuming them. */
export const replyListQuery = (filter: Omit<RepliesQuery, 'limit'>) =>
  listQuery<Reply>(replyKeys.all, '/replies', filter);

/** Removes the oldest replies from the queue; only the response holds them then. */
export function consumeReplies(queue: string, limit: number): Promise<{ items: Reply[] }> {
  return post('/replies/consume', { queue, limit });
}

/** Delivers a kept reply to its process. */
export function redriveReply(id: string): Promise<RedriveAnswer> {
  return post(path`/replies/${id}/redrive`);
}

export function deleteReply(id: string): Promise<unknown> {
  return request(path`/replies/${id}`, { method: 'DELETE' });
}

export function clearReplies(queue: string): Promise<{ deleted_count: number }> {
  return request(withQuery('/replies', { queue }), { method: 'DELETE' });
}
