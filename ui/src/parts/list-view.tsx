// One page of a list: its rows, or why there are none, and the way to the next page.

import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Page } from '../../../src/http/contract.ts';
import { Pager, type PagerProps } from './pager.tsx';
import { QueryView } from './query-view.tsx';

export interface ListViewProps<Row> extends Pick<PagerProps, 'cursor' | 'onPage'> {
  query: UseQueryResult<Page<Row>>;
  /** Replaces an empty list. */
  empty: ReactNode;
  children: (rows: Row[]) => ReactNode;
}

export function ListView<Row>({ query, empty, children, ...paging }: ListViewProps<Row>) {
  return (
    <QueryView query={query}>
      {({ items, next_cursor }) =>
        items.length === 0 ? (
          empty
        ) : (
          <>
            {children(items)}
            <Pager shown={items.length} nextCursor={next_cursor} {...paging} />
          </>
        )
      }
    </QueryView>
  );
}
