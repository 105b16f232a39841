// Process batches: query keys, fetches and verbs.

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
import { get, type Page, pathTo, post } from './client.ts';
import { LISTED } from './refresh.ts';

export interface BatchFilter {
  status?: BatchStatus;
  cursor?: string;
  limit?: number;
}

/** The envelope of a launch, and beside it the input of the process type. */
export type LaunchRequest = Partial<LaunchEnvelope> & Record<string, unknown>;

export const batchKeys = {
  all: ['batches'] as const,
  detail: (id: string) => [...batchKeys.all, 'detail', id] as const,
};

const PATH = '/process-batches';

export const batchListQuery = (filter: BatchFilter) =>
  queryOptions({
    queryKey: [...batchKeys.all, 'list', filter],
    queryFn: get<Page<Batch>>(PATH, filter),
    ...LISTED,
  });

/** The caller sets `refetchInterval`: a page with an event stream polls only while the stream is down. */
export const batchDetailQuery = (id: string) =>
  queryOptions({ queryKey: batchKeys.detail(id), queryFn: get<BatchDetail>(pathTo('process-batches', id)) });

/** Read once more when the status of the batch changes, so that the rows agree with its counts. */
export const batchProcessesQuery = (
  { batch_id, status }: Pick<Batch, 'batch_id' | 'status'>,
  filter: { status?: ProcessStatus; cursor?: string; limit?: number },
) =>
  queryOptions({
    queryKey: [...batchKeys.all, 'processes', batch_id, status, filter],
    queryFn: get<Page<Process>>(pathTo('process-batches', batch_id, 'processes'), filter),
    placeholderData: keepPreviousData,
  });

/** The newest batches, for a filter. */
export const batchChoicesQuery = queryOptions({
  queryKey: [...batchKeys.all, 'names'],
  queryFn: get<Page<Batch>>(PATH, { limit: 100 }),
  staleTime: 30_000,
});

export const launchBatch = (launch: LaunchRequest, idempotencyKey: string) =>
  post<LaunchAnswer>(PATH, launch, idempotencyKey);

export const cancelBatch = (id: string, body: VerbBody) => post(pathTo('process-batches', id, 'cancel'), body);
