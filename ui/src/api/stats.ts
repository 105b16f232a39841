// Figures of the whole service: overview, throughput and workers.

import { queryOptions } from '@tanstack/react-query';
import type { Overview, Throughput, Worker } from '../../../src/http/contract.ts';
import { read } from './client.ts';
import { REFRESH } from './refresh.ts';

export const statsKeys = { overview: ['stats', 'overview'] as const };

export const overviewQuery = queryOptions({
  queryKey: statsKeys.overview,
  queryFn: read<Overview>('/stats/overview'),
  refetchInterval: REFRESH.live_ms,
});

export const throughputQuery = (window_s: number) =>
  queryOptions({
    queryKey: ['stats', 'throughput', window_s],
    queryFn: read<Throughput>('/stats/throughput', { window_s }),
    refetchInterval: REFRESH.live_ms,
  });

export const workersQuery = queryOptions({
  queryKey: ['workers'],
  queryFn: read<{ items: Worker[] }>('/workers'),
  refetchInterval: REFRESH.list_ms as number | false,
});
