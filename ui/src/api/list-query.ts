// One page of a list: the page before stays visible until it is there, and it is read again every few seconds.

import { keepPreviousData, type QueryKey, queryOptions } from '@tanstack/react-query';
import type { Page } from '../../../src/http/contract.ts';
import { read } from './client.ts';
import { REFRESH } from './refresh.ts';

export function listQuery<Row>(key: QueryKey, address: string, filter: object) {
  return queryOptions({
    queryKey: [...key, 'list', filter],
    queryFn: read<Page<Row>>(address, filter),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH.list_ms as number | false,
  });
}
