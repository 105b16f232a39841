// Processes: query keys and fetches, side by side.

import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type {
  AuditEvent,
  CancelProcessBody,
  Process,
  ProcessDetail,
  ProcessVerbAnswer,
} from '../../../src/http/contract.ts';
import type { ProcessStatus } from '../../../src/model/process.ts';
import { type Page, request, withQuery } from './client.ts';
import { REFRESH, unlessRefused } from './refresh.ts';

export interface ProcessFilter {
  status?: ProcessStatus;
  batch_id?: string;
  cursor?: string;
}

export const processKeys = {
  all: ['processes'] as const,
  list: (filter: ProcessFilter) => [...processKeys.all, 'list', filter] as const,
  detail: (id: string) => [...processKeys.all, 'detail', id] as const,
};

export const processListQuery = (filter: ProcessFilter) =>
  queryOptions({
    queryKey: processKeys.list(filter),
    queryFn: ({ signal }) => request<Page<Process>>(withQuery('/processes', { ...filter }), { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH.list_ms,
  });

/** Asked again until the process has ended: terminal states never change. */
export const processDetailQuery = (id: string) =>
  queryOptions({
    queryKey: processKeys.detail(id),
    queryFn: ({ signal }) => request<ProcessDetail>(`/processes/${encodeURIComponent(id)}`, { signal }),
    refetchInterval: ({ state }) => (state.data?.completed_at ? false : unlessRefused(REFRESH.live_ms, state.error)),
  });

/** Results of the process's commands that came too late and were discarded; attempts do not tell of them. */
export const lateResultsQuery = (process: Pick<ProcessDetail, 'process_id' | 'updated_at'>) =>
  queryOptions({
    // With the time of its last change: what has not moved has no new ones, but for a late result after the end.
    queryKey: [...processKeys.detail(process.process_id), 'late', process.updated_at],
    queryFn: async ({ signal }) => {
      const page = await request<Page<AuditEvent>>(
        withQuery('/audit', { process_id: process.process_id, limit: 100 }),
        { signal },
      );
      return page.items.filter((event) => event.type === 'LATE_RESULT_DISCARDED');
    },
    placeholderData: keepPreviousData,
  });

/** Ends a process, undoing what it did or leaving it done. Whoever comes too late gets 409 WRONG_STATE. */
export function cancelProcess(id: string, body: CancelProcessBody): Promise<ProcessVerbAnswer> {
  return request<ProcessVerbAnswer>(`/processes/${encodeURIComponent(id)}/cancel`, { method: 'POST', body });
}
