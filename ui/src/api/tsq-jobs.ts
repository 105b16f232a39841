// Jobs over the troubleshooting queue: query keys, fetches, start and abort.

import { queryOptions } from '@tanstack/react-query';
import type { TsqJob, TsqJobBody, TsqJobDetail, TsqJobStarted, VerbBody } from '../../../src/http/contract.ts';
import { get, type Page, pathTo, post } from './client.ts';
import { LISTED, REFRESH, unlessRefused } from './refresh.ts';
import { tsqKeys } from './tsq.ts';

/** Polled until the job has ended. */
export const tsqJobQuery = (id: string) =>
  queryOptions({
    queryKey: [...tsqKeys.all, 'jobs', id],
    queryFn: get<TsqJobDetail>(pathTo('tsq', 'jobs', id), { limit: 20 }),
    refetchInterval: ({ state: { data, error } }) =>
      data && data.status !== 'RUNNING' ? false : unlessRefused(REFRESH.progress_ms, error),
  });

export const recentJobsQuery = queryOptions({
  queryKey: [...tsqKeys.all, 'jobs', 'recent'],
  queryFn: get<Page<TsqJob>>('/tsq/jobs', { limit: 10 }),
  ...LISTED,
});

/** Answers at once; the items are done in the background. */
export const startTsqJob = (job: TsqJobBody) => post<TsqJobStarted>('/tsq/jobs', job);

export const abortTsqJob = (id: string, body: Pick<VerbBody, 'actor'>) =>
  post(pathTo('tsq', 'jobs', id, 'abort'), body);
