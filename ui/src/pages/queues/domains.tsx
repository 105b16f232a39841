// The domains: how much waits in each, how full it is, and whether somebody paused or capped it.

import { ActionIcon, Button, EmptyState, Group, Text, Tooltip } from '@mantine/core';
import { IconGauge, IconInbox, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Queue } from '../../../../src/http/contract.ts';
import { queuesQuery } from '../../api/queues.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { formatCount, formatDuration, pluralize } from '../../parts/format.ts';
import { LinkTo } from '../../parts/links.tsx';
import { Panel } from '../../parts/panel.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { type BarPart, Legend, StackedBar } from '../../parts/stacked-bar.tsx';
import { QUEUE_DISPLAY } from '../../parts/status.ts';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { Ago } from '../../parts/time.tsx';
import { CapDialog, PauseDialog } from './domain-dialogs.tsx';
import { type DomainVerb, useDomainVerb } from './use-domain-verb.ts';

type Asking = { what: 'pause' | 'cap'; queue: Queue } | null;

export function Domains() {
  const queues = useQuery(queuesQuery);
  const verb = useDomainVerb();
  const [asking, setAsking] = useState<Asking>(null);
  const close = () => setAsking(null);
  const confirm = (act: DomainVerb) => {
    close();
    verb.mutate(act);
  };
  const asked = (what: 'pause' | 'cap') => (asking?.what === what ? asking.queue : null);
  return (
    <Panel title="Domains" flush testId="domains">
      <QueryView query={queues}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState
              size="sm"
              py="lg"
              icon={<IconInbox stroke={1.5} />}
              title="No domain is known yet"
              description="They appear with their first worker or command."
            />
          ) : (
            <DataTable
              label="Domains"
              columns={columnsOf(items, setAsking, verb.mutate, verb.isPending)}
              rows={items}
              rowKey={(queue) => queue.domain}
            />
          )
        }
      </QueryView>
      <PauseDialog queue={asked('pause')} onClose={close} onConfirm={confirm} />
      <CapDialog queue={asked('cap')} onClose={close} onConfirm={confirm} />
    </Panel>
  );
}

function columnsOf(
  items: readonly Queue[],
  ask: (asking: Asking) => void,
  act: (act: DomainVerb) => void,
  busy: boolean,
): Column<Queue>[] {
  const longest = Math.max(1, ...items.map(backlogOf));
  return [
    { key: 'domain', label: 'Domain', lead: true, cell: (queue) => <Name queue={queue} /> },
    { key: 'state', label: 'State', shrink: true, cell: (queue) => <State queue={queue} /> },
    { key: 'backlog', label: 'Backlog', cell: (queue) => <Backlog queue={queue} longest={longest} /> },
    { key: 'running', label: 'In progress', align: 'end', shrink: true, cell: (queue) => <Running queue={queue} /> },
    {
      key: 'oldest',
      label: 'Oldest ready',
      align: 'end',
      shrink: true,
      cell: ({ oldest_ready_age_ms: age }) => (age === null ? null : formatDuration(age)),
    },
    {
      key: 'workers',
      label: 'Workers',
      align: 'end',
      shrink: true,
      cell: (queue) => (queue.workers === 0 && backlogOf(queue) > 0 ? <NoWorker /> : formatCount(queue.workers)),
    },
    {
      key: 'verbs',
      label: 'Actions',
      hiddenLabel: true,
      align: 'end',
      shrink: true,
      cell: (queue) => <Verbs queue={queue} ask={ask} act={act} busy={busy} />,
    },
  ];
}

const backlogOf = ({ ready, delayed }: Queue) => ready + delayed;

function Name({ queue }: { queue: Queue }) {
  return (
    <div>
      <Text span inherit fw={600}>
        {queue.domain}
      </Text>
      {queue.in_troubleshooting > 0 && (
        <div>
          <LinkTo to="/tsq" search={{ domain: queue.domain }} size="xs">
            {formatCount(queue.in_troubleshooting)} in troubleshooting
          </LinkTo>
        </div>
      )}
    </div>
  );
}

function State({ queue }: { queue: Queue }) {
  return (
    <div>
      <StatusBadge look={QUEUE_DISPLAY[queue.state]} testId={`state-${queue.domain}`} />
      {queue.paused_at && (
        <Text size="xs" c="dimmed" mt={2}>
          by {queue.paused_by}, <Ago at={queue.paused_at} />
          {queue.pause_reason && `: ${queue.pause_reason}`}
        </Text>
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

function Running({ queue }: { queue: Queue }) {
  const { in_progress, max_in_flight, slots } = queue;
  return (
    <div>
      {formatCount(in_progress)}
      <Text size="xs" c="dimmed">
        {max_in_flight === null ? `of ${pluralize(slots, 'slot')}` : `capped at ${formatCount(max_in_flight)}`}
      </Text>
    </div>
  );
}

function NoWorker() {
  return (
    <Text span inherit c="orange" title="What waits here waits until a worker for this domain starts">
      none
    </Text>
  );
}

function Verbs({
  queue,
  ask,
  act,
  busy,
}: {
  queue: Queue;
  ask: (asking: Asking) => void;
  act: (act: DomainVerb) => void;
  busy: boolean;
}) {
  return (
    <Group gap={6} justify="flex-end" wrap="nowrap">
      <Tooltip label={`Cap ${queue.domain}`}>
        <ActionIcon
          variant="default"
          size={30}
          aria-label={`Cap ${queue.domain}`}
          onClick={() => ask({ what: 'cap', queue })}
        >
          <IconGauge size={16} stroke={1.7} />
        </ActionIcon>
      </Tooltip>
      {queue.state === 'RUNNING' ? (
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlayerPause size={14} />}
          aria-label={`Pause ${queue.domain}`}
          onClick={() => ask({ what: 'pause', queue })}
        >
          Pause
        </Button>
      ) : (
        <Button
          size="xs"
          leftSection={<IconPlayerPlay size={14} />}
          aria-label={`Resume ${queue.domain}`}
          loading={busy}
          onClick={() => act({ verb: 'resume', domain: queue.domain })}
        >
          Resume
        </Button>
      )}
    </Group>
  );
}
