// The workers: status, load and heartbeat.

import { Text } from '@mantine/core';
import { IconServer } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { Worker } from '../../../../src/http/contract.ts';
import { workersQuery } from '../../api/stats.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { Empty } from '../../parts/empty.tsx';
import { formatCount } from '../../parts/format.ts';
import { Panel } from '../../parts/panel.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { displayOf, WORKER_DISPLAY } from '../../parts/status.ts';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { Ago } from '../../parts/time.tsx';
import { WorkerSlots } from '../../parts/worker-slots.tsx';

const COLUMNS: Column<Worker>[] = [
  {
    label: 'Worker',
    lead: true,
    cell: (worker) => (
      <Text span inherit fw={500}>
        {worker.name}
      </Text>
    ),
  },
  { label: 'Status', cell: (worker) => <StatusBadge display={displayOf(WORKER_DISPLAY, worker.status)} /> },
  { label: 'Process id', align: 'end', cell: (worker) => worker.pid },
  { label: 'Domains', cell: (worker) => worker.domains.join(', ') },
  { label: 'Slots in use', cell: (worker) => <WorkerSlots worker={worker} /> },
  { label: 'Settled', align: 'end', cell: (worker) => formatCount(worker.settled_count) },
  { label: 'Heartbeat', align: 'end', cell: (worker) => <Ago at={worker.heartbeat_at} /> },
];

export function Workers() {
  const workers = useQuery(workersQuery);
  return (
    <Panel title="Workers" flush testId="workers">
      <QueryView query={workers}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty
              small
              icon={IconServer}
              title="No worker has reported"
              description="Commands wait until one starts: faultline work."
            />
          ) : (
            <DataTable
              label="Workers"
              columns={COLUMNS}
              rows={items.toSorted((a, b) => a.name.localeCompare(b.name))}
              rowKey={(worker) => worker.worker_id}
            />
          )
        }
      </QueryView>
    </Panel>
  );
}
