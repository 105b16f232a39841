// The troubleshooting queue: query keys, fetches and the operator's three verbs, side by side.

import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { TsqCount, TsqGroups, TsqItem, VerbBody } from '../../../src/http/contract.ts';
import { type Page, request, withQuery } from './client.ts';
import { REFRESH } from './refresh.ts';

export interface TsqFilter {
  batch_id?: string;
  domain?: string;
  type?: string;
  process_id?: string;
  error_code?: string;
  error_group?: string;
  injected?: boolean;
}

export const TSQ_VERBS = ['retry', 'cancel', 'complete'] as const;
export type TsqVerb = (typeof TSQ_VERBS)[number];

export interface VerbAnswer {
  command_id: string;
  status: string;
}

export const tsqKeys = {
  all: ['tsq'] as const,
  lists: ['tsq', 'list'] as const,
  list: (filter: TsqFilter & { cursor?: string }) => [...tsqKeys.lists, filter] as const,
};

export const tsqListQuery = (filter: TsqFilter & { cursor?: string }) =>
  queryOptions({
    queryKey: tsqKeys.list(filter),
    queryFn: ({ signal }) => request<Page<TsqItem>>(withQuery('/tsq', { ...filter }), { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH.list_ms,
  });

/** By cause, the most frequent first. */
export const tsqGroupsQuery = (filter: TsqFilter) =>
  queryOptions({
    queryKey: [...tsqKeys.all, 'groups', filter],
    queryFn: ({ signal }) => request<TsqGroups>(withQuery('/tsq/groups', { ...filter }), { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH.list_ms,
  });

export const tsqCountQuery = (filter: TsqFilter) =>
  queryOptions({
    queryKey: [...tsqKeys.all, 'count', filter],
    queryFn: ({ signal }) => request<TsqCount>(withQuery('/tsq/count', { ...filter }), { signal }),
    refetchInterval: REFRESH.list_ms,
  });

/** Applies a verb to one parked command; 409 WRONG_STATE when another operator was faster. */
export function applyTsqVerb(verb: TsqVerb, commandId: string, body: VerbBody): Promise<VerbAnswer> {
  return request<VerbAnswer>(`/commands/${encodeURIComponent(commandId)}/${verb}`, { method: 'POST', body });
}
