// Command batches: query keys, fetches and verbs, side by side.

import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type {
  Command,
  CommandBatch,
  CommandBatchAnswer,
  CommandBatchDetail,
  NewCommand,
  NewCommandBatch,
  VerbBody,
} from '../../../src/http/contract.ts';
import type { CommandStatus } from '../../../src/model/command.ts';
import type { BatchStatus } from '../../../src/model/process.ts';
import { isTerminalBatch } from '../parts/status.ts';
import { type Page, request, withQuery } from './client.ts';
import { REFRESH, unlessRefused } from './refresh.ts';

export interface CommandBatchFilter {
  status?: BatchStatus;
  cursor?: string;
  limit?: number;
}

export const commandBatchKeys = {
  all: ['command-batches'] as const,
  list: (filter: CommandBatchFilter) => [...commandBatchKeys.all, 'list', filter] as const,
  detail: (id: string) => [...commandBatchKeys.all, 'detail', id] as const,
  commands: (id: string, batchStatus: BatchStatus, filter: object) =>
    [...commandBatchKeys.all, 'commands', id, batchStatus, filter] as const,
};

const pathOf = (id: string) => `/command-batches/${encodeURIComponent(id)}`;

export const commandBatchListQuery = (filter: CommandBatchFilter) =>
  queryOptions({
    queryKey: commandBatchKeys.list(filter),
    queryFn: ({ signal }) => request<Page<CommandBatch>>(withQuery('/command-batches', { ...filter }), { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH.list_ms,
  });

/** Asked again until it has ended; then only as long as somebody may consume its replies. */
export const commandBatchDetailQuery = (id: string) =>
  queryOptions({
    queryKey: commandBatchKeys.detail(id),
    queryFn: ({ signal }) => request<CommandBatchDetail>(pathOf(id), { signal }),
    refetchInterval: ({ state: { data, error } }) => {
      if (data && isTerminalBatch(data.status)) return data.replies.waiting > 0 ? REFRESH.list_ms : false;
      return unlessRefused(REFRESH.live_ms, error);
    },
  });

/** Read once more when the batch comes to rest or ends, so that the rows agree with its counts. */
export const batchCommandsQuery = (
  { batch_id, status }: Pick<CommandBatch, 'batch_id' | 'status'>,
  filter: { status?: CommandStatus; cursor?: string; limit?: number },
) =>
  queryOptions({
    queryKey: commandBatchKeys.commands(batch_id, status, filter),
    queryFn: ({ signal }) =>
      request<Page<Command>>(withQuery(`${pathOf(batch_id)}/commands`, { ...filter }), { signal }),
    placeholderData: keepPreviousData,
  });

/** Sends; the same key with the same body gives the same answer, however often it is sent. */
export function createCommandBatch(batch: NewCommandBatch, idempotencyKey: string): Promise<CommandBatchAnswer> {
  return request<CommandBatchAnswer>('/command-batches', {
    method: 'POST',
    body: batch,
    headers: { 'idempotency-key': idempotencyKey },
  });
}

export function addCommands(id: string, commands: NewCommand[]): Promise<{ total_count: number }> {
  return request(`${pathOf(id)}/commands`, { method: 'POST', body: { commands } });
}

export function closeCommandBatch(id: string, body: VerbBody): Promise<unknown> {
  return request(`${pathOf(id)}/close`, { method: 'POST', body });
}

export function cancelCommandBatch(id: string, body: VerbBody): Promise<unknown> {
  return request(`${pathOf(id)}/cancel`, { method: 'POST', body });
}
