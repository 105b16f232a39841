// The domains: the backlog of each, its use of slots, and whether it is paused or capped.

import { Text } from '@mantine/core';
import { IconInbox } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { Queue } from '../../../../src/http/contract.ts';
import { queuesQuery } from '../../api/queues.ts';
import { type Column, DataTable, figure } from '../../parts/data-table.tsx';
import { Empty } from '../../parts/empty.tsx';
import { formatCount, formatDuration, pluralize } from '../../parts/format.ts';
import { Hint } from '../../parts/hint.tsx';
import { LinkTo } from '../../parts/links.tsx';
import { Panel } from '../../parts/panel.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { type BarPart, Legend, StackedBar } from '../../parts/stacked-bar.tsx';
import { QUEUE_DISPLAY } from '../../parts/status.ts';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { Ago } from '../../parts/time.tsx';
import { Verbs } from './verbs.tsx';

export function Domains() {
  const queues = useQuery(queuesQuery);
  return (
    <Panel title="Domains" flush testId="domains">
      <QueryView query={queues}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty
              small
              icon={IconInbox}
              title="No domain is known yet"
              description="A domain appears with its first worker or command."
            />
          ) : (
            <DataTable label="Domains" columns={columnsOf(items)} rows={items} rowKey={({ domain }) => domain} />
          )
        }
      </QueryView>
    </Panel>
  );
}

function columnsOf(items: readonly Queue[]): Column<Queue>[] {
  const longest = Math.max(1, ...items.map(backlogOf));
  return [
    { label: 'Domain', lead: true, cell: (queue) => <Name queue={queue} /> },
    { label: 'State', shrink: true, cell: (queue) => <State queue={queue} /> },
    { label: 'Backlog', cell: (queue) => <Backlog queue={queue} longest={longest} /> },
    figure('In progress', (queue) => <Running queue={queue} />),
    figure('Oldest ready', ({ oldest_ready_age_ms: age }) => (age === null ? null : formatDuration(age))),
    figure('Workers', (queue) =>
      queue.workers === 0 && backlogOf(queue) > 0 ? <NoWorker /> : formatCount(queue.workers),
    ),
    { ...figure('Actions', (queue) => <Verbs queue={queue} />), hiddenLabel: true },
  ];
}

const backlogOf = ({ ready, delayed }: Queue) => ready + delayed;

function Name({ queue: { domain, in_troubleshooting } }: { queue: Queue }) {
  return (
    <div>
      <Text span inherit fw={600}>
        {domain}
      </Text>
      {in_troubleshooting > 0 && (
        <div>
          <LinkTo to="/tsq" search={{ domain }} size="xs">
            {formatCount(in_troubleshooting)} in troubleshooting
          </LinkTo>
        </div>
      )}
    </div>
  );
}

function State({ queue }: { queue: Queue }) {
  return (
    <div>
      <StatusBadge display={QUEUE_DISPLAY[queue.state]} testId={`state-${queue.domain}`} />
      {queue.paused_at && (
        <Hint mt={2}>
          by {queue.paused_by}, <Ago at={queue.paused_at} />
          {queue.pause_reason && `: ${queue.pause_reason}`}
        </Hint>
      )}
    </div>
  );
}

function Backlog({ queue, longest }: { queue: Queue; longest: number }) {
  const parts: BarPart[] = [
    { key: 'ready', label: 'Ready', value: queue.ready, color: 'steel.5' },
    { key: 'delayed', label: 'Delayed', value: queue.delayed, color: 'gray.5' },
  ];
  return (
    <div style={{ minWidth: '9rem', width: '100%' }}>
      <StackedBar parts={parts} total={longest} label={`Backlog of ${queue.domain}`} size={10} />
      <Legend parts={parts} />
    </div>
  );
}

function Running({ queue: { in_progress, max_in_flight, slots } }: { queue: Queue }) {
  return (
    <div>
      {formatCount(in_progress)}
      <Hint>
        {max_in_flight === null ? `of ${pluralize(slots, 'slot')}` : `capped at ${formatCount(max_in_flight)}`}
      </Hint>
    </div>
  );
}

function NoWorker() {
  return (
    <Text span inherit c="orange" title="Its commands wait until a worker for this domain starts">
      none
    </Text>
  );
}
