// The workers: the health of each, its slots by domain, and its rate.

import { Text } from '@mantine/core';
import { IconServer } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { Worker } from '../../../../src/http/contract.ts';
import { REFRESH } from '../../api/refresh.ts';
import { workersQuery } from '../../api/stats.ts';
import { type Column, DataTable, figure } from '../../parts/data-table.tsx';
import { Empty } from '../../parts/empty.tsx';
import { formatCount, formatDuration, formatRate } from '../../parts/format.ts';
import { Hint } from '../../parts/hint.tsx';
import { Panel } from '../../parts/panel.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { displayOf, HEALTH_DISPLAY, WORKER_DISPLAY } from '../../parts/status.ts';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { Ago } from '../../parts/time.tsx';
import { WorkerSlots } from '../../parts/worker-slots.tsx';

const COLUMNS: Column<Worker>[] = [
  {
    label: 'Worker',
    lead: true,
    cell: (worker) => (
      <div>
        <Text span inherit fw={600}>
          {worker.name}
        </Text>
        <Hint>process {worker.pid}</Hint>
      </div>
    ),
  },
  { label: 'Health', cell: (worker) => <Health worker={worker} /> },
  { label: 'In flight', cell: (worker) => <WorkerSlots worker={worker} /> },
  { label: 'By domain', cell: (worker) => <ByDomain worker={worker} /> },
  figure('Settled', (worker) => (
    <div>
      {isAlive(worker) ? `${formatRate(worker.settled_per_second)}/s` : '–'}
      <Hint>{formatCount(worker.settled_count)} in all</Hint>
    </div>
  )),
  figure('Memory', ({ rss_bytes, loop_delay_ms }) =>
    rss_bytes === null ? null : (
      <div>
        {formatCount(rss_bytes / 1_048_576)} MiB
        <Hint title="delay of its timers, 99th percentile">loop {formatDuration(loop_delay_ms ?? 0)}</Hint>
      </div>
    ),
  ),
  figure('Heartbeat', (worker) => <Ago at={worker.heartbeat_at} />),
];

export function Workers() {
  const workers = useQuery({ ...workersQuery, refetchInterval: REFRESH.live_ms });
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
            <DataTable label="Workers" columns={COLUMNS} rows={inOrder(items)} rowKey={(worker) => worker.worker_id} />
          )
        }
      </QueryView>
    </Panel>
  );
}

/** Live workers first, each group by name. */
function inOrder(items: readonly Worker[]): Worker[] {
  return items.toSorted((a, b) => Number(isAlive(b)) - Number(isAlive(a)) || a.name.localeCompare(b.name));
}

const isAlive = ({ status }: Worker) => status === 'RUNNING' || status === 'DRAINING';

/** The reported health counts only while the worker is alive. */
function Health({ worker }: { worker: Worker }) {
  if (worker.status !== 'RUNNING') return <StatusBadge display={displayOf(WORKER_DISPLAY, worker.status)} />;
  return (
    <div>
      <StatusBadge display={HEALTH_DISPLAY[worker.health]} />
      {worker.health_reason && <Hint mt={2}>{worker.health_reason}</Hint>}
    </div>
  );
}

function ByDomain({ worker }: { worker: Worker }) {
  const domains = Object.entries(worker.by_domain);
  if (domains.length === 0) return <>{worker.domains.join(', ')}</>;
  return (
    <Text size="xs" component="div">
      {domains.map(([domain, { slots, in_flight }]) => (
        <div key={domain}>
          {domain} {formatCount(in_flight)} of {formatCount(slots)}
        </div>
      ))}
    </Text>
  );
}
