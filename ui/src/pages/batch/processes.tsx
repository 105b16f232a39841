// The processes of the batch by ordinal.

import { IconRoute } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { BatchDetail } from '../../../../src/http/contract.ts';
import { batchProcessesQuery } from '../../api/batches.ts';
import { REFRESH } from '../../api/refresh.ts';
import { BatchRows } from '../../parts/batch/rows.tsx';
import { ProcessTable } from '../../parts/process-table.tsx';
import { isTerminalBatch, PROCESS_DISPLAY } from '../../parts/status.ts';

const route = getRouteApi('/process-batches/$id');
const PAGE_SIZE = 25;

export function BatchProcesses({ batch }: { batch: BatchDetail }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const query = useQuery({
    ...batchProcessesQuery(batch, { ...search, limit: PAGE_SIZE }),
    refetchInterval: isTerminalBatch(batch.status) ? false : REFRESH.live_ms,
  });
  return (
    <BatchRows
      title="Processes"
      noun="process"
      icon={IconRoute}
      displays={PROCESS_DISPLAY}
      query={query}
      search={search}
      onSearch={(next, pagesBefore) => navigate({ search: next, state: { pagesBefore }, resetScroll: false })}
      testId="batch-processes"
    >
      {(rows) => <ProcessTable processes={rows} />}
    </BatchRows>
  );
}
