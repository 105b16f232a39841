// All processes, newest first; status, batch and page stand in the URL.

import { EmptyState, Paper } from '@mantine/core';
import { IconRoute } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { processListQuery } from '../../api/processes.ts';
import { BatchFilter, ClearFilters, StatusFilter } from '../../parts/filters.tsx';
import { ButtonTo } from '../../parts/links.tsx';
import { Pager } from '../../parts/pager.tsx';
import { PageHead } from '../../parts/panel.tsx';
import { ProcessTable } from '../../parts/process-table.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { PROCESS_DISPLAY } from '../../parts/status.ts';

const route = getRouteApi('/processes');

export default function ProcessListPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const processes = useQuery(processListQuery(search));
  const filtered = search.status !== undefined || search.batch_id !== undefined;

  return (
    <>
      <PageHead
        title="Processes"
        actions={
          <>
            {filtered && <ClearFilters onClear={() => navigate({ search: {} })} />}
            <BatchFilter
              value={search.batch_id}
              onChange={(batch_id) => navigate({ search: { status: search.status, batch_id } })}
            />
            <StatusFilter
              looks={PROCESS_DISPLAY}
              value={search.status}
              onChange={(status) => navigate({ search: { batch_id: search.batch_id, status } })}
            />
          </>
        }
      />
      <Paper withBorder style={{ overflow: 'hidden' }}>
        <QueryView query={processes}>
          {(page) =>
            page.items.length === 0 ? (
              <EmptyState
                py={64}
                icon={<IconRoute stroke={1.5} />}
                title={filtered ? 'No process matches' : 'No process was started yet'}
                data-testid="processes-empty"
              >
                <EmptyState.Actions>
                  {filtered ? (
                    <ClearFilters onClear={() => navigate({ search: {} })} />
                  ) : (
                    <ButtonTo to="/process-batches/new">Launch the first batch</ButtonTo>
                  )}
                </EmptyState.Actions>
              </EmptyState>
            ) : (
              <>
                <ProcessTable processes={page.items} withBatch />
                <Pager
                  shown={page.items.length}
                  cursor={search.cursor}
                  nextCursor={page.next_cursor}
                  onPage={(cursor, pagesBefore) => navigate({ search: { ...search, cursor }, state: { pagesBefore } })}
                />
              </>
            )
          }
        </QueryView>
      </Paper>
    </>
  );
}
