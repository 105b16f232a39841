// The commands of the batch; status and page stand in the URL.

import { IconCommand } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { CommandBatchDetail } from '../../../../src/http/contract.ts';
import { batchCommandsQuery } from '../../api/command-batches.ts';
import { REFRESH } from '../../api/refresh.ts';
import { CommandTable } from '../../parts/command-table.tsx';
import { Empty } from '../../parts/empty.tsx';
import { StatusFilter } from '../../parts/filters.tsx';
import { ListView } from '../../parts/list-view.tsx';
import { Panel } from '../../parts/panel.tsx';
import { COMMAND_DISPLAY, isTerminalBatch } from '../../parts/status.ts';

const route = getRouteApi('/command-batches/$id');
const PAGE_SIZE = 25;

export function BatchCommands({ batch }: { batch: CommandBatchDetail }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const commands = useQuery({
    ...batchCommandsQuery(batch, { ...search, limit: PAGE_SIZE }),
    refetchInterval: isTerminalBatch(batch.status) ? false : REFRESH.live_ms,
  });
  return (
    <Panel
      title="Commands"
      flush
      testId="batch-commands"
      actions={
        <StatusFilter
          displays={COMMAND_DISPLAY}
          value={search.status}
          onChange={(status) => navigate({ search: { status }, resetScroll: false })}
        />
      }
    >
      <ListView
        query={commands}
        empty={
          <Empty
            small
            icon={IconCommand}
            title={search.status ? 'No command has this status' : 'No command was created yet'}
          />
        }
        cursor={search.cursor}
        onPage={(cursor, pagesBefore) =>
          navigate({ search: { ...search, cursor }, state: { pagesBefore }, resetScroll: false })
        }
      >
        {(rows) => <CommandTable commands={rows} />}
      </ListView>
    </Panel>
  );
}
