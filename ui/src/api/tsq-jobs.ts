// Jobs over the troubleshooting queue: queries, starting one and aborting it.

import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { Page, TsqJob, TsqJobBody, TsqJobDetail, TsqJobStarted } from '../../../src/http/contract.ts';
import { path, post, read } from './client.ts';
import { REFRESH, unlessRefused } from './refresh.ts';
import { tsqKeys } from './tsq.ts';

/** Polled until it has ended. */
export const tsqJobQuery = (id: string) =>
  queryOptions({
    queryKey: [...tsqKeys.all, 'jobs', id],
    queryFn: read<TsqJobDetail>(path`/tsq/jobs/${id}`, { limit: 20 }),
    refetchInterval: ({ state: { data, error } }) =>
      data && data.status !== 'RUNNING' ? false : unlessRefused(REFRESH.progress_ms, error),
  });

export const recentJobsQuery = queryOptions({
  queryKey: [...tsqKeys.all, 'jobs'],
  queryFn: read<Page<TsqJob>>('/tsq/jobs', { limit: 10 }),
  placeholderData: keepPreviousData,
  refetchInterval: REFRESH.list_ms,
});

/** Answers at once; the items are done in the background. */
export function startTsqJob(job: TsqJobBody): Promise<TsqJobStarted> {
  return post('/tsq/jobs', job);
}

export function abortTsqJob(id: string, body: { actor?: string }): Promise<unknown> {
  return post(path`/tsq/jobs/${id}/abort`, body);
}
