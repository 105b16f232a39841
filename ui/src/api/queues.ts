// Queues of domains: query key, fetch and the operator's verbs, side by side.

import { queryOptions } from '@tanstack/react-query';
import type { Domain, Queue } from '../../../src/http/contract.ts';
import { request } from './client.ts';
import { REFRESH } from './refresh.ts';

export const queueKeys = { all: ['queues'] as const };

export const queuesQuery = queryOptions({
  queryKey: queueKeys.all,
  queryFn: ({ signal }) => request<{ items: Queue[] }>('/queues', { signal }),
  refetchInterval: REFRESH.live_ms,
});

interface Acting {
  actor?: string;
  reason?: string;
}

const pathOf = (domain: string) => `/queues/${encodeURIComponent(domain)}`;

export function pauseDomain(domain: string, body: Acting): Promise<Domain> {
  return request<Domain>(`${pathOf(domain)}/pause`, { method: 'POST', body });
}

export function resumeDomain(domain: string, body: Acting): Promise<Domain> {
  return request<Domain>(`${pathOf(domain)}/resume`, { method: 'POST', body });
}

export function capDomain(domain: string, body: { max_in_flight: number | null; actor?: string }): Promise<Domain> {
  return request<Domain>(pathOf(domain), { method: 'PUT', body });
}
