// The troubleshooting queue: query keys, queries and the operator's three verbs.

import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { TsqCount, TsqGroups, TsqItem, TsqJobFilter, VerbAnswer, VerbBody } from '../../../src/http/contract.ts';
import { path, post, read } from './client.ts';
import { listQuery } from './list-query.ts';
import { REFRESH } from './refresh.ts';

export type TsqFilter = Omit<TsqJobFilter, 'all' | 'command_ids'>;

export const TSQ_VERBS = ['retry', 'cancel', 'complete'] as const;
export type TsqVerb = (typeof TSQ_VERBS)[number];

export const tsqKeys = {
  all: ['tsq'] as const,
  lists: ['tsq', 'list'] as const,
};

export const tsqListQuery = (filter: TsqFilter & { cursor?: string | undefined }) =>
  listQuery<TsqItem>(tsqKeys.all, '/tsq', filter);

/** By cause, the most frequent first. */
export const tsqGroupsQuery = (filter: TsqFilter) =>
  queryOptions({
    queryKey: [...tsqKeys.all, 'groups', filter],
    queryFn: read<TsqGroups>('/tsq/groups', filter),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH.list_ms,
  });

export const tsqCountQuery = (filter: TsqFilter) =>
  queryOptions({
    queryKey: [...tsqKeys.all, 'count', filter],
    queryFn: read<TsqCount>('/tsq/count', filter),
    refetchInterval: REFRESH.list_ms,
  });

/** Applies a verb to one parked command; 409 WRONG_STATE when another operator was faster. */
export function applyTsqVerb(verb: TsqVerb, commandId: string, body: VerbBody): Promise<VerbAnswer> {
  return post(path`/commands/${commandId}/${verb}`, body);
}
