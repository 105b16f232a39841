// The safety lever: whether all chaos is stopped, by whom and why; query key, fetch and verb, side by side.

import { queryOptions } from '@tanstack/react-query';
import type { Lever } from '../../../src/http/contract.ts';
import { request } from './client.ts';
import { REFRESH } from './refresh.ts';

export const leverKeys = { all: ['lever'] as const };

/** Asked again and again: somebody else may pull it. */
export const leverQuery = queryOptions({
  queryKey: leverKeys.all,
  queryFn: ({ signal }) => request<Lever>('/chaos', { signal }),
  refetchInterval: REFRESH.list_ms,
});

export function pullLever(body: { stopped: boolean; reason?: string; actor?: string }): Promise<Lever> {
  return request<Lever>('/chaos', { method: 'PUT', body });
}
