// The processes or commands of a batch: a page of them, filtered by status. Status and page stand in the URL.

import type { Icon } from '@tabler/icons-react';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Page } from '../../../../src/http/contract.ts';
import { Empty } from '../empty.tsx';
import { StatusFilter } from '../filters.tsx';
import { ListView } from '../list-view.tsx';
import { Panel } from '../panel.tsx';
import type { Display } from '../status.ts';

interface Search<Status> {
  status?: Status | undefined;
  cursor?: string | undefined;
}

export interface BatchRowsProps<Row, Status extends string> {
  title: string;
  /** One of them: "process". */
  noun: string;
  icon: Icon;
  displays: Record<Status, Display>;
  query: UseQueryResult<Page<Row>>;
  search: Search<Status>;
  onSearch: (search: Search<Status>, pagesBefore?: number) => void;
  testId: string;
  children: (rows: Row[]) => ReactNode;
}

export function BatchRows<Row, Status extends string>(props: BatchRowsProps<Row, Status>) {
  const { title, noun, icon, displays, query, search, onSearch, testId, children } = props;
  const empty = search.status ? `No ${noun} has this status` : `No ${noun} was created yet`;
  return (
    <Panel
      title={title}
      flush
      testId={testId}
      actions={<StatusFilter displays={displays} value={search.status} onChange={(status) => onSearch({ status })} />}
    >
      <ListView
        query={query}
        empty={<Empty small icon={icon} title={empty} />}
        cursor={search.cursor}
        onPage={(cursor, pagesBefore) => onSearch({ ...search, cursor }, pagesBefore)}
      >
        {children}
      </ListView>
    </Panel>
  );
}
