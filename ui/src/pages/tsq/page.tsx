// What waits for an operator: filtered by the URL, looked into row by row, and settled by one of three verbs.

import { EmptyState, Paper } from '@mantine/core';
import { IconCircleCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { TsqItem } from '../../../../src/http/contract.ts';
import type { Page } from '../../api/client.ts';
import { tsqListQuery } from '../../api/tsq.ts';
import { ClearFilters } from '../../parts/filters.tsx';
import { Pager } from '../../parts/pager.tsx';
import { PageHead } from '../../parts/panel.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { useTsqVerb } from '../../parts/tsq/use-tsq-verb.ts';
import { TsqFilters } from './filters.tsx';
import { SelectionBar } from './selection-bar.tsx';
import { TsqTable } from './table.tsx';
import { useSelection } from './use-selection.ts';

const route = getRouteApi('/tsq');

export default function TsqPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const items = useQuery(tsqListQuery(search));
  const { cursor: _cursor, ...filter } = search;
  const filtered = Object.values(filter).some((value) => value !== undefined);
  const clear = () => navigate({ search: {} });

  return (
    <>
      <PageHead
        title="Troubleshooting"
        description="Commands that need an operator: retry, complete by hand, or cancel."
      />
      <TsqFilters
        search={filter}
        onChange={(next) => navigate({ search: next })}
        onClear={filtered ? clear : undefined}
      />
      <Paper withBorder style={{ overflow: 'hidden' }}>
        <QueryView query={items}>{(page) => <Items page={page} filtered={filtered} onClear={clear} />}</QueryView>
      </Paper>
    </>
  );
}

function Items({ page, filtered, onClear }: { page: Page<TsqItem>; filtered: boolean; onClear: () => void }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const runner = useTsqVerb();
  const selection = useSelection(page.items.map((item) => item.command_id));

  if (page.items.length === 0 && !runner.progress) return <NothingWaits filtered={filtered} onClear={onClear} />;
  return (
    <>
      <SelectionBar selection={selection} runner={runner} shown={page.items.length} />
      <TsqTable items={page.items} selection={selection} />
      <Pager
        shown={page.items.length}
        cursor={search.cursor}
        nextCursor={page.next_cursor}
        onPage={(cursor, pagesBefore) => navigate({ search: { ...search, cursor }, state: { pagesBefore } })}
      />
    </>
  );
}

function NothingWaits({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  return (
    <EmptyState
      py={64}
      icon={<IconCircleCheck stroke={1.5} />}
      title={filtered ? 'Nothing that waits matches' : 'Nothing waits for an operator'}
      description={filtered ? undefined : 'Permanent failures, and commands whose attempts ran out, come here.'}
      data-testid="tsq-empty"
    >
      {filtered && (
        <EmptyState.Actions>
          <ClearFilters onClear={onClear} />
        </EmptyState.Actions>
      )}
    </EmptyState>
  );
}
