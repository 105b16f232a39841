// The processes of the batch by ordinal; status and page stand in the URL.

import { IconRoute } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { BatchDetail } from '../../../../src/http/contract.ts';
import { batchProcessesQuery } from '../../api/batches.ts';
import { REFRESH } from '../../api/refresh.ts';
import { Empty } from '../../parts/empty.tsx';
import { StatusFilter } from '../../parts/filters.tsx';
import { ListView } from '../../parts/list-view.tsx';
import { Panel } from '../../parts/panel.tsx';
import { ProcessTable } from '../../parts/process-table.tsx';
import { isTerminalBatch, PROCESS_DISPLAY } from '../../parts/status.ts';

const route = getRouteApi('/process-batches/$id');
const PAGE_SIZE = 25;

export function BatchProcesses({ batch }: { batch: BatchDetail }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const processes = useQuery({
    ...batchProcessesQuery(batch, { ...search, limit: PAGE_SIZE }),
    refetchInterval: isTerminalBatch(batch.status) ? false : REFRESH.live_ms,
  });
  return (
    <Panel
      title="Processes"
      flush
      testId="batch-processes"
      actions={
        <StatusFilter
          displays={PROCESS_DISPLAY}
          value={search.status}
          onChange={(status) => navigate({ search: { status }, resetScroll: false })}
        />
      }
    >
      <ListView
        query={processes}
        empty={
          <Empty
            small
            icon={IconRoute}
            title={search.status ? 'No process has this status' : 'No process was created yet'}
          />
        }
        cursor={search.cursor}
        onPage={(cursor, pagesBefore) =>
          navigate({ search: { ...search, cursor }, state: { pagesBefore }, resetScroll: false })
        }
      >
        {(rows) => <ProcessTable processes={rows} />}
      </ListView>
    </Panel>
  );
}
