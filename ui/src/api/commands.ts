// Commands: query keys, fetches, sending and cancelling, side by side.

import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type {
  Command,
  CommandDetail,
  CommandsQuery,
  NewCommand,
  SendAnswer,
  VerbBody,
} from '../../../src/http/contract.ts';
import { isSettled } from '../parts/status.ts';
import { type Page, request, withQuery } from './client.ts';
import { REFRESH, unlessRefused } from './refresh.ts';

export type CommandFilter = Omit<CommandsQuery, 'limit'>;

export const commandKeys = {
  all: ['commands'] as const,
  list: (filter: CommandFilter) => [...commandKeys.all, 'list', filter] as const,
  detail: (id: string) => [...commandKeys.all, 'detail', id] as const,
};

export const commandListQuery = (filter: CommandFilter) =>
  queryOptions({
    queryKey: commandKeys.list(filter),
    queryFn: ({ signal }) => request<Page<Command>>(withQuery('/commands', { ...filter }), { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH.list_ms,
  });

/** Asked again until it is settled: what is settled never changes. Its reply may still be consumed, so slowly then. */
export const commandDetailQuery = (id: string) =>
  queryOptions({
    queryKey: commandKeys.detail(id),
    queryFn: ({ signal }) => request<CommandDetail>(`/commands/${encodeURIComponent(id)}`, { signal }),
    refetchInterval: ({ state }) => {
      if (state.data && isSettled(state.data.status)) return state.data.reply ? REFRESH.list_ms : false;
      return unlessRefused(REFRESH.live_ms, state.error);
    },
  });

/** Sends; the same key with the same body gives the same answer, however often it is sent. */
export function sendCommand(command: NewCommand, idempotencyKey: string): Promise<SendAnswer> {
  return request<SendAnswer>('/commands', {
    method: 'POST',
    body: command,
    headers: { 'idempotency-key': idempotencyKey },
  });
}

/** Cancels what is not settled; what waits for an operator is cancelled there. */
export function cancelCommand(id: string, body: VerbBody): Promise<unknown> {
  return request(`/commands/${encodeURIComponent(id)}/cancel`, { method: 'POST', body });
}
