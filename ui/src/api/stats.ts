// Figures of the whole service: overview, throughput and workers, each query key beside its fetch.

import { queryOptions } from '@tanstack/react-query';
import type { Overview, Throughput, Worker } from '../../../src/http/contract.ts';
import { request, withQuery } from './client.ts';
import { REFRESH } from './refresh.ts';

export const statsKeys = {
  overview: ['stats', 'overview'] as const,
  throughput: (windowS: number) => ['stats', 'throughput', windowS] as const,
  workers: ['workers'] as const,
};

export const overviewQuery = queryOptions({
  queryKey: statsKeys.overview,
  queryFn: ({ signal }) => request<Overview>('/stats/overview', { signal }),
  refetchInterval: REFRESH.live_ms,
});

export const throughputQuery = (windowS: number) =>
  queryOptions({
    queryKey: statsKeys.throughput(windowS),
    queryFn: ({ signal }) => request<Throughput>(withQuery('/stats/throughput', { window_s: windowS }), { signal }),
    refetchInterval: REFRESH.live_ms,
  });

export const workersQuery = queryOptions({
  queryKey: statsKeys.workers,
  queryFn: ({ signal }) => request<{ items: Worker[] }>('/workers', { signal }),
  refetchInterval: REFRESH.list_ms,
});
