// Commands: query keys, queries and verbs.

import { queryOptions } from '@tanstack/react-query';
import type {
  Command,
  CommandDetail,
  CommandsQuery,
  NewCommand,
  SendAnswer,
  VerbBody,
} from '../../../src/http/contract.ts';
import { isSettled } from '../parts/status.ts';
import { path, post, postOnce, read } from './client.ts';
import { listQuery } from './list-query.ts';
import { REFRESH, unlessRefused } from './refresh.ts';

export const commandKeys = { all: ['commands'] as const };

export const commandListQuery = (filter: Omit<CommandsQuery, 'limit'>) =>
  listQuery<Command>(commandKeys.all, '/commands', filter);

/** Polled until it is settled; then slowly, while its reply may still be consumed. */
export const commandDetailQuery = (id: string) =>
  queryOptions({
    queryKey: [...commandKeys.all, 'detail', id],
    queryFn: read<CommandDetail>(path`/commands/${id}`),
    refetchInterval: ({ state: { data, error } }) => {
      if (data && isSettled(data.status)) return data.reply ? REFRESH.list_ms : false;
      return unlessRefused(REFRESH.live_ms, error);
    },
  });

export function sendCommand(command: NewCommand, idempotencyKey: string): Promise<SendAnswer> {
  return postOnce('/commands', command, idempotencyKey);
}

export function cancelCommand(id: string, body: VerbBody): Promise<unknown> {
  return post(path`/commands/${id}/cancel`, body);
}
