// Command batches: query keys, queries and verbs.

import { queryOptions } from '@tanstack/react-query';
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
import type { PageFilter } from './batches.ts';
import { path, post, postOnce, read } from './client.ts';
import { listQuery } from './list-query.ts';
import { REFRESH, unlessRefused } from './refresh.ts';

export const commandBatchKeys = { all: ['command-batches'] as const };

export const commandBatchListQuery = (filter: PageFilter<BatchStatus>) =>
  listQuery<CommandBatch>(commandBatchKeys.all, '/command-batches', filter);

/** Polled until the batch has ended; then only while it has replies that may still be consumed. */
export const commandBatchDetailQuery = (id: string) =>
  queryOptions({
    queryKey: [...commandBatchKeys.all, 'detail', id],
    queryFn: read<CommandBatchDetail>(path`/command-batches/${id}`),
    refetchInterval: ({ state: { data, error } }) => {
      if (data && isTerminalBatch(data.status)) return data.replies.waiting > 0 ? REFRESH.list_ms : false;
      return unlessRefused(REFRESH.live_ms, error);
    },
  });

/** Read once more when the batch comes to rest or ends, so that the rows agree with its counts. */
export const batchCommandsQuery = (
  { batch_id, status }: Pick<CommandBatch, 'batch_id' | 'status'>,
  filter: PageFilter<CommandStatus>,
) =>
  listQuery<Command>([...commandBatchKeys.all, batch_id, status], path`/command-batches/${batch_id}/commands`, filter);

export function createCommandBatch(batch: NewCommandBatch, idempotencyKey: string): Promise<CommandBatchAnswer> {
  return postOnce('/command-batches', batch, idempotencyKey);
}

export function addCommands(id: string, commands: NewCommand[]): Promise<{ total_count: number }> {
  return post(path`/command-batches/${id}/commands`, { commands });
}

export function closeCommandBatch(id: string, body: VerbBody): Promise<unknown> {
  return post(path`/command-batches/${id}/close`, body);
}

export function cancelCommandBatch(id: string, body: VerbBody): Promise<unknown> {
  return post(path`/command-batches/${id}/cancel`, body);
}
