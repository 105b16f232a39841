// Commands: query keys, fetches and verbs.

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
import { get, type Page, pathTo, post } from './client.ts';
import { LISTED, REFRESH, unlessRefused } from './refresh.ts';

export type CommandFilter = Omit<CommandsQuery, 'limit'>;

export const commandKeys = { all: ['commands'] as const };

export const commandListQuery = (filter: CommandFilter) =>
  queryOptions({
    queryKey: [...commandKeys.all, 'list', filter],
    queryFn: get<Page<Command>>('/commands', filter),
    ...LISTED,
  });

/** Polled until the command is settled, then slowly while its reply may be consumed. */
export const commandDetailQuery = (id: string) =>
  queryOptions({
    queryKey: [...commandKeys.all, 'detail', id],
    queryFn: get<CommandDetail>(pathTo('commands', id)),
    refetchInterval: ({ state }) => {
      if (state.data && isSettled(state.data.status)) return state.data.reply ? REFRESH.list_ms : false;
      return unlessRefused(REFRESH.live_ms, state.error);
    },
  });

export const sendCommand = (command: NewCommand, idempotencyKey: string) =>
  post<SendAnswer>('/commands', command, idempotencyKey);

/** Cancels a command that is not settled. */
export const cancelCommand = (id: string, body: VerbBody) => post(pathTo('commands', id, 'cancel'), body);
