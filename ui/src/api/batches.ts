// Process batches: query keys, fetches and verbs, side by side.

import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type {
  Batch,
  BatchDetail,
  LaunchAnswer,
  LaunchEnvelope,
  Process,
  VerbBody,
} from '../../../src/http/contract.ts';
import type { BatchStatus, ProcessStatus } from '../../../src/model/process.ts';
import { type Page, request, withQuery } from './client.ts';
import { REFRESH } from './refresh.ts';

export interface BatchFilter {
  status?: BatchStatus;
  cursor?: string;
  limit?: number;
}

/** A launch as sent: the envelope, and beside it the input of the process type. */
export type LaunchRequest = Partial<LaunchEnvelope> & Record<string, unknown>;

export const batchKeys = {
  all: ['batches'] as const,
  list: (filter: BatchFilter) => [...batchKeys.all, 'list', filter] as const,
  detail: (id: string) => [...batchKeys.all, 'detail', id] as const,
  processes: (id: string, batchStatus: BatchStatus, filter: object) =>
    [...batchKeys.all, 'processes', id, batchStatus, filter] as const,
  names: ['batches', 'names'] as const,
};

export const batchListQuery = (filter: BatchFilter) =>
  queryOptions({
    queryKey: batchKeys.list(filter),
    queryFn: ({ signal }) => request<Page<Batch>>(withQuery('/process-batches', { ...filter }), { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH.list_ms,
  });

/** `refetchInterval` is the caller's: a page with an event stream asks only when the stream is down. */
export const batchDetailQuery = (id: string) =>
  queryOptions({
    queryKey: batchKeys.detail(id),
    queryFn: ({ signal }) => request<BatchDetail>(`/process-batches/${encodeURIComponent(id)}`, { signal }),
  });

/** Read once more when the batch comes to rest or ends, so that the rows agree with its counts. */
export const batchProcessesQuery = (
  { batch_id, status }: Pick<Batch, 'batch_id' | 'status'>,
  filter: { status?: ProcessStatus; cursor?: string; limit?: number },
) =>
  queryOptions({
    queryKey: batchKeys.processes(batch_id, status, filter),
    queryFn: ({ signal }) =>
      request<Page<Process>>(withQuery(`/process-batches/${encodeURIComponent(batch_id)}/processes`, { ...filter }), {
        signal,
      }),
    placeholderData: keepPreviousData,
  });

/** The newest batches, to choose from in a filter. */
export const batchChoicesQuery = queryOptions({
  queryKey: batchKeys.names,
  queryFn: ({ signal }) => request<Page<Batch>>(withQuery('/process-batches', { limit: 100 }), { signal }),
  staleTime: 30_000,
});

/** Launches; the same key with the same body gives the same answer, however often it is sent. */
export function launchBatch(launch: LaunchRequest, idempotencyKey: string): Promise<LaunchAnswer> {
  return request<LaunchAnswer>('/process-batches', {
    method: 'POST',
    body: launch,
    headers: { 'idempotency-key': idempotencyKey },
  });
}

export function cancelBatch(id: string, body: VerbBody): Promise<unknown> {
  return request(`/process-batches/${encodeURIComponent(id)}/cancel`, { method: 'POST', body });
}
