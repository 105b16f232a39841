// The commands of the batch.

import { IconCommand } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { CommandBatchDetail } from '../../../../src/http/contract.ts';
import { batchCommandsQuery } from '../../api/command-batches.ts';
import { REFRESH } from '../../api/refresh.ts';
import { BatchRows } from '../../parts/batch/rows.tsx';
import { CommandTable } from '../../parts/command-table.tsx';
import { COMMAND_DISPLAY, isTerminalBatch } from '../../parts/status.ts';

const route = getRouteApi('/command-batches/$id');
const PAGE_SIZE = 25;

export function BatchCommands({ batch }: { batch: CommandBatchDetail }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const query = useQuery({
    ...batchCommandsQuery(batch, { ...search, limit: PAGE_SIZE }),
    refetchInterval: isTerminalBatch(batch.status) ? false : REFRESH.live_ms,
  });
  return (
    <BatchRows
      title="Commands"
      noun="command"
      icon={IconCommand}
      displays={COMMAND_DISPLAY}
      query={query}
      search={search}
      onSearch={(next, pagesBefore) => navigate({ search: next, state: { pagesBefore }, resetScroll: false })}
      testId="batch-commands"
    >
      {(rows) => <CommandTable commands={rows} />}
    </BatchRows>
  );
}
