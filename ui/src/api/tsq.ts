// The troubleshooting queue: query keys, fetches and the operator's three verbs.

import { queryOptions } from '@tanstack/react-query';
import type { TsqCount, TsqGroups, TsqItem, VerbBody } from '../../../src/http/contract.ts';
import { get, type Page, pathTo, post } from './client.ts';
import { LISTED, REFRESH } from './refresh.ts';

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

export const tsqKeys = { all: ['tsq'] as const, lists: ['tsq', 'list'] as const };

export const tsqListQuery = (filter: TsqFilter & { cursor?: string }) =>
  queryOptions({ queryKey: [...tsqKeys.lists, filter], queryFn: get<Page<TsqItem>>('/tsq', filter), ...LISTED });

/** By cause, the most frequent first. */
export const tsqGroupsQuery = (filter: TsqFilter) =>
  queryOptions({
    queryKey: [...tsqKeys.all, 'groups', filter],
    queryFn: get<TsqGroups>('/tsq/groups', filter),
    ...LISTED,
  });

export const tsqCountQuery = (filter: TsqFilter) =>
  queryOptions({
    queryKey: [...tsqKeys.all, 'count', filter],
    queryFn: get<TsqCount>('/tsq/count', filter),
    refetchInterval: REFRESH.list_ms,
  });

/** Applies a verb to one parked command; 409 WRONG_STATE when another operator was faster. */
export const applyTsqVerb = (verb: TsqVerb, id: string, body: VerbBody) => post(pathTo('commands', id, verb), body);
