// Queues of domains: query key, query and verbs.

import { queryOptions } from '@tanstack/react-query';
import type { Domain, Queue, VerbBody } from '../../../src/http/contract.ts';
import { path, post, read, request } from './client.ts';
import { REFRESH } from './refresh.ts';

export const queueKeys = { all: ['queues'] as const };

export const queuesQuery = queryOptions({
  queryKey: queueKeys.all,
  queryFn: read<{ items: Queue[] }>('/queues'),
  refetchInterval: REFRESH.live_ms,
});

export function pauseDomain(domain: string, body: VerbBody): Promise<Domain> {
  return post(path`/queues/${domain}/pause`, body);
}

export function resumeDomain(domain: string, body: VerbBody): Promise<Domain> {
  return post(path`/queues/${domain}/resume`, body);
}

export function capDomain(domain: string, body: { max_in_flight: number | null; actor?: string }): Promise<Domain> {
  return request(path`/queues/${domain}`, { method: 'PUT', body });
}
