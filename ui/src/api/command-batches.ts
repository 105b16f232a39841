// Command batches: query keys, fetches and verbs.

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
import { isTerminalBatch } from '../parts/status.ts';
import type { BatchFilter } from './batches.ts';
import { get, type Page, pathTo, post } from './client.ts';
import { LISTED, REFRESH, unlessRefused } from './refresh.ts';

export const commandBatchKeys = { all: ['command-batches'] as const };

const PATH = '/command-batches';
const pathOf = (id: string, ...rest: string[]) => pathTo('command-batches', id, ...rest);

export const commandBatchListQuery = (filter: BatchFilter) =>
  queryOptions({
    queryKey: [...commandBatchKeys.all, 'list', filter],
    queryFn: get<Page<CommandBatch>>(PATH, filter),
    ...LISTED,
  });

/** Polled until the batch has ended, then while its replies wait to be consumed. */
export const commandBatchDetailQuery = (id: string) =>
  queryOptions({
    queryKey: [...commandBatchKeys.all, 'detail', id],
    queryFn: get<CommandBatchDetail>(pathOf(id)),
    refetchInterval: ({ state: { data, error } }) => {
      if (data && isTerminalBatch(data.status)) return data.replies.waiting > 0 ? REFRESH.list_ms : false;
      return unlessRefused(REFRESH.live_ms, error);
    },
  });

/** Read once more when the status of the batch changes, so that the rows agree with its counts. */
export const batchCommandsQuery = (
  { batch_id, status }: Pick<CommandBatch, 'batch_id' | 'status'>,
  filter: { status?: CommandStatus; cursor?: string; limit?: number },
) =>
  queryOptions({
    queryKey: [...commandBatchKeys.all, 'commands', batch_id, status, filter],
    queryFn: get<Page<Command>>(pathOf(batch_id, 'commands'), filter),
    placeholderData: keepPreviousData,
  });

export const createCommandBatch = (batch: NewCommandBatch, idempotencyKey: string) =>
  post<CommandBatchAnswer>(PATH, batch, idempotencyKey);

export const addCommands = (id: string, commands: NewCommand[]) =>
  post<{ total_count: number }>(pathOf(id, 'commands'), { commands });

export const closeCommandBatch = (id: string, body: VerbBody) => post(pathOf(id, 'close'), body);

export const cancelCommandBatch = (id: string, body: VerbBody) => post(pathOf(id, 'cancel'), body);
