// All command batches, newest first; status and page stand in the URL.

import { EmptyState, Paper, Text } from '@mantine/core';
import { IconPlus, IconStackForward } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { CommandBatch } from '../../../../src/http/contract.ts';
import type { BatchStatus } from '../../../../src/model/process.ts';
import { commandBatchListQuery } from '../../api/command-batches.ts';
import { commandParts } from '../../parts/command-batch-progress.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { ClearFilters, StatusFilter } from '../../parts/filters.tsx';
import { formatCount, formatDuration, formatPercent, shortId } from '../../parts/format.ts';
import { ButtonTo, LinkTo } from '../../parts/links.tsx';
import { Pager } from '../../parts/pager.tsx';
import { PageHead } from '../../parts/panel.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { StackedBar } from '../../parts/stacked-bar.tsx';
import { BATCH_DISPLAY } from '../../parts/status.ts';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { Moment } from '../../parts/time.tsx';

const route = getRouteApi('/command-batches');

const COLUMNS: Column<CommandBatch>[] = [
  {
    key: 'name',
    label: 'Batch',
    lead: true,
    cell: (batch) => (
      <div>
        <LinkTo to="/command-batches/$id" params={{ id: batch.batch_id }} fw={600} inherit lineClamp={2}>
          {batch.name ?? `Batch ${shortId(batch.batch_id)}`}
        </LinkTo>
        <Text size="xs" c="dimmed">
          {batch.type ? `${batch.domain}, ${batch.type}` : batch.closed_at ? 'a list of commands' : 'open'}
        </Text>
      </div>
    ),
  },
  { key: 'status', label: 'Status', shrink: true, cell: (batch) => <StatusBadge look={BATCH_DISPLAY[batch.status]} /> },
  { key: 'progress', label: 'Progress', cell: (batch) => <Progress batch={batch} /> },
  { key: 'total', label: 'Commands', align: 'end', shrink: true, cell: (batch) => formatCount(batch.total_count) },
  {
    key: 'tsq',
    label: 'Troubleshooting',
    align: 'end',
    shrink: true,
    cell: (batch) => <Count value={batch.in_troubleshooting_count} color="orange" />,
  },
  {
    key: 'failed',
    label: 'Failed',
    align: 'end',
    shrink: true,
    cell: (batch) => <Count value={batch.failed_count} color="red" />,
  },
  { key: 'created', label: 'Sent', align: 'end', shrink: true, cell: (batch) => <Moment at={batch.created_at} /> },
  {
    key: 'took',
    label: 'Took',
    align: 'end',
    shrink: true,
    cell: (batch) => (batch.duration_ms === null ? null : formatDuration(batch.duration_ms)),
  },
];

export default function CommandBatchListPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const batches = useQuery(commandBatchListQuery(search));
  const setStatus = (status: BatchStatus | undefined) => navigate({ search: { status } });

  return (
    <>
      <PageHead
        title="Command batches"
        actions={
          <>
            <StatusFilter looks={BATCH_DISPLAY} value={search.status} onChange={setStatus} />
            <ButtonTo to="/command-batches/new" leftSection={<IconPlus size={15} />}>
              New batch
            </ButtonTo>
          </>
        }
      />
      <Paper withBorder style={{ overflow: 'hidden' }}>
        <QueryView query={batches}>
          {(page) =>
            page.items.length === 0 ? (
              <NoBatches filtered={search.status !== undefined} onClear={() => setStatus(undefined)} />
            ) : (
              <>
                <DataTable
                  label="Command batches"
                  columns={COLUMNS}
                  rows={page.items}
                  rowKey={(batch) => batch.batch_id}
                  testId="command-batch-table"
                />
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

function Progress({ batch }: { batch: CommandBatch }) {
  return (
    <div style={{ minWidth: '9rem', flex: 1, maxWidth: '22rem' }}>
      <StackedBar parts={commandParts(batch)} total={batch.total_count} label="Progress" size={9} />
      <Text size="xs" c="dimmed" mt={3}>
        {formatPercent(batch.percent)} settled
      </Text>
    </div>
  );
}

function Count({ value, color }: { value: number; color: string }) {
  return (
    <Text span inherit c={value > 0 ? color : 'dimmed'} fw={value > 0 ? 600 : undefined}>
      {formatCount(value)}
    </Text>
  );
}

function NoBatches({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  return (
    <EmptyState
      py={64}
      icon={<IconStackForward stroke={1.5} />}
      title={filtered ? 'No batch has this status' : 'No batch was sent yet'}
      description={
        filtered
          ? undefined
          : 'A command batch is up to 100,000 commands that are sent, counted and answered for together.'
      }
      data-testid="command-batches-empty"
    >
      <EmptyState.Actions>
        {filtered ? (
          <ClearFilters onClear={onClear} />
        ) : (
          <ButtonTo to="/command-batches/new" leftSection={<IconPlus size={15} />}>
            Send the first batch
          </ButtonTo>
        )}
      </EmptyState.Actions>
    </EmptyState>
  );
}
