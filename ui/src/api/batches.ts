// Process batches: query keys, queries and verbs.

import { queryOptions } from '@tanstack/react-query';
import type {
  Batch,
  BatchDetail,
  LaunchAnswer,
  LaunchEnvelope,
  Page,
  Process,
  VerbBody,
} from '../../../src/http/contract.ts';
import type { BatchStatus, ProcessStatus } from '../../../src/model/process.ts';
import { path, post, postOnce, read } from './client.ts';
import { listQuery } from './list-query.ts';

export interface PageFilter<Status> {
  status?: Status | undefined;
  cursor?: string | undefined;
  limit?: number;
}

/** The body of a launch: the envelope, and beside it the input of the process type. */
export type LaunchRequest = Partial<LaunchEnvelope> & Record<string, unknown>;

export const batchKeys = {
  all: ['batches'] as const,
  detail: (id: string) => [...batchKeys.all, 'detail', id] as const,
};

export const batchListQuery = (filter: PageFilter<BatchStatus>) =>
  listQuery<Batch>(batchKeys.all, '/process-batches', filter);

/** `refetchInterval` is the caller's: a page with an event stream polls only while the stream is down. */
export const batchDetailQuery = (id: string) =>
  queryOptions({ queryKey: batchKeys.detail(id), queryFn: read<BatchDetail>(path`/process-batches/${id}`) });

/** Read once more when the batch comes to rest or ends, so that the rows agree with its counts. */
export const batchProcessesQuery = (
  { batch_id, status }: Pick<Batch, 'batch_id' | 'status'>,
  filter: PageFilter<ProcessStatus>,
) => listQuery<Process>([...batchKeys.all, batch_id, status], path`/process-batches/${batch_id}/processes`, filter);

/** The newest batches, as the options of a filter. */
export const batchChoicesQuery = queryOptions({
  queryKey: [...batchKeys.all, 'names'],
  queryFn: read<Page<Batch>>('/process-batches', { limit: 100 }),
  staleTime: 30_000,
});

export function launchBatch(launch: LaunchRequest, idempotencyKey: string): Promise<LaunchAnswer> {
  return postOnce('/process-batches', launch, idempotencyKey);
}

export function cancelBatch(id: string, body: VerbBody): Promise<unknown> {
  return post(path`/process-batches/${id}/cancel`, body);
}
