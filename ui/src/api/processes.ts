// Processes: query keys, queries and verbs.

import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type {
  AuditEvent,
  CancelProcessBody,
  Page,
  Process,
  ProcessDetail,
  ProcessVerbAnswer,
} from '../../../src/http/contract.ts';
import type { ProcessStatus } from '../../../src/model/process.ts';
import type { PageFilter } from './batches.ts';
import { path, post, read } from './client.ts';
import { listQuery } from './list-query.ts';
import { REFRESH, unlessRefused } from './refresh.ts';

export const processKeys = {
  all: ['processes'] as const,
  detail: (id: string) => [...processKeys.all, 'detail', id] as const,
};

export const processListQuery = (filter: PageFilter<ProcessStatus> & { batch_id?: string | undefined }) =>
  listQuery<Process>(processKeys.all, '/processes', filter);

/** Polled until the process has ended: terminal states never change. */
export const processDetailQuery = (id: string) =>
  queryOptions({
    queryKey: processKeys.detail(id),
    queryFn: read<ProcessDetail>(path`/processes/${id}`),
    refetchInterval: ({ state }) => (state.data?.completed_at ? false : unlessRefused(REFRESH.live_ms, state.error)),
  });

/** Results of the process's commands that came too late and were discarded: its attempts do not record them. */
export const lateResultsQuery = ({ process_id, updated_at }: Pick<ProcessDetail, 'process_id' | 'updated_at'>) =>
  queryOptions({
    // With the time of its last change: there are no new ones before it moves, except after its end.
    queryKey: [...processKeys.detail(process_id), 'late', updated_at],
    queryFn: read<Page<AuditEvent>>('/audit', { process_id, limit: 100 }),
    select: ({ items }) => items.filter((event) => event.type === 'LATE_RESULT_DISCARDED'),
    placeholderData: keepPreviousData,
  });

export function cancelProcess(id: string, body: CancelProcessBody): Promise<ProcessVerbAnswer> {
  return post(path`/processes/${id}/cancel`, body);
}
