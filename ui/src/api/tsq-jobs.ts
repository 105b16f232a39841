// Jobs over the troubleshooting queue: query keys, fetches, starting one and aborting it.

import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { TsqJob, TsqJobBody, TsqJobDetail, TsqJobStarted } from '../../../src/http/contract.ts';
import { type Page, request, withQuery } from './client.ts';
import { REFRESH, unlessRefused } from './refresh.ts';
import { tsqKeys } from './tsq.ts';

const jobKeys = {
  all: [...tsqKeys.all, 'jobs'] as const,
  detail: (id: string) => [...jobKeys.all, id] as const,
};

/** A job moves fast: it is asked for more often than anything else, and no more once it has ended. */
const RUNNING_MS = 500;

export const tsqJobQuery = (id: string) =>
  queryOptions({
    queryKey: jobKeys.detail(id),
    queryFn: ({ signal }) =>
      request<TsqJobDetail>(withQuery(`/tsq/jobs/${encodeURIComponent(id)}`, { limit: 20 }), { signal }),
    refetchInterval: ({ state: { data, error } }) =>
      data && data.status !== 'RUNNING' ? false : unlessRefused(RUNNING_MS, error),
  });

export const recentJobsQuery = queryOptions({
  queryKey: [...jobKeys.all, 'recent'],
  queryFn: ({ signal }) => request<Page<TsqJob>>(withQuery('/tsq/jobs', { limit: 10 }), { signal }),
  placeholderData: keepPreviousData,
  refetchInterval: REFRESH.list_ms,
});

/** Answers at once; the items are done in the background. */
export function startTsqJob(job: TsqJobBody): Promise<TsqJobStarted> {
  return request<TsqJobStarted>('/tsq/jobs', { method: 'POST', body: job });
}

export function abortTsqJob(id: string, body: { actor?: string }): Promise<unknown> {
  return request(`/tsq/jobs/${encodeURIComponent(id)}/abort`, { method: 'POST', body });
}
