// All processes, newest first; status, batch and page stand in the URL.

import { IconRoute } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { processListQuery } from '../../api/processes.ts';
import { Empty } from '../../parts/empty.tsx';
import { BatchFilter, ClearFilters, StatusFilter } from '../../parts/filters.tsx';
import { ButtonTo } from '../../parts/links.tsx';
import { ListView } from '../../parts/list-view.tsx';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { ProcessTable } from '../../parts/process-table.tsx';
import { PROCESS_DISPLAY } from '../../parts/status.ts';

const route = getRouteApi('/processes');

export default function ProcessListPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const processes = useQuery(processListQuery(search));
  const { cursor, ...filter } = search;
  const filtered = filter.status !== undefined || filter.batch_id !== undefined;
  const clear = <ClearFilters onClear={() => navigate({ search: {} })} />;
  const empty = (
    <Empty
      icon={IconRoute}
      title={filtered ? 'No process matches' : 'No process was started yet'}
      testId="processes-empty"
    >
      {filtered ? clear : <ButtonTo to="/process-batches/new">Launch the first batch</ButtonTo>}
    </Empty>
  );
  return (
    <>
      <PageHead
        title="Processes"
        actions={
          <>
            {filtered && clear}
            <BatchFilter
              value={filter.batch_id}
              onChange={(batch_id) => navigate({ search: { ...filter, batch_id } })}
            />
            <StatusFilter
              displays={PROCESS_DISPLAY}
              value={filter.status}
              onChange={(status) => navigate({ search: { ...filter, status } })}
            />
          </>
        }
      />
      <Panel flush>
        <ListView
          query={processes}
          empty={empty}
          cursor={cursor}
          onPage={(next, pagesBefore) => navigate({ search: { ...filter, cursor: next }, state: { pagesBefore } })}
        >
          {(rows) => <ProcessTable processes={rows} withBatch />}
        </ListView>
      </Panel>
    </>
  );
}
