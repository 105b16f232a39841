// Processes: query keys, fetches and verbs.

import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type {
  AuditEvent,
  CancelProcessBody,
  Process,
  ProcessDetail,
  ProcessVerbAnswer,
} from '../../../src/http/contract.ts';
import type { ProcessStatus } from '../../../src/model/process.ts';
import { get, type Page, pathTo, post } from './client.ts';
import { LISTED, REFRESH, unlessRefused } from './refresh.ts';

export interface ProcessFilter {
  status?: ProcessStatus;
  batch_id?: string;
  cursor?: string;
}

export const processKeys = {
  all: ['processes'] as const,
  detail: (id: string) => [...processKeys.all, 'detail', id] as const,
};

export const processListQuery = (filter: ProcessFilter) =>
  queryOptions({
    queryKey: [...processKeys.all, 'list', filter],
    queryFn: get<Page<Process>>('/processes', filter),
    ...LISTED,
  });

/** Polled until the process has ended. */
export const processDetailQuery = (id: string) =>
  queryOptions({
    queryKey: processKeys.detail(id),
    queryFn: get<ProcessDetail>(pathTo('processes', id)),
    refetchInterval: ({ state }) => (state.data?.completed_at ? false : unlessRefused(REFRESH.live_ms, state.error)),
  });

/** Discarded late results of the process's commands, which its attempts do not show. */
export const lateResultsQuery = ({ process_id, updated_at }: Pick<ProcessDetail, 'process_id' | 'updated_at'>) =>
  queryOptions({
    // Read again when the process has changed.
    queryKey: [...processKeys.detail(process_id), 'late', updated_at],
    queryFn: async (context) => {
      const page = await get<Page<AuditEvent>>('/audit', { process_id, limit: 100 })(context);
      return page.items.filter((event) => event.type === 'LATE_RESULT_DISCARDED');
    },
    placeholderData: keepPreviousData,
  });

/** Ends a process, with or without compensation; 409 WRONG_STATE when it has already ended. */
export const cancelProcess = (id: string, body: CancelProcessBody) =>
  post<ProcessVerbAnswer>(pathTo('processes', id, 'cancel'), body);
