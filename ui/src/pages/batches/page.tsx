// All process batches, newest first; status and page stand in the URL.

import { EmptyState, Paper, Text } from '@mantine/core';
import { IconPlus, IconStack2 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { Batch } from '../../../../src/http/contract.ts';
import type { BatchStatus } from '../../../../src/model/process.ts';
import { batchListQuery } from '../../api/batches.ts';
import { BatchBar, endedCount } from '../../parts/batch-progress.tsx';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { StatusFilter } from '../../parts/filters.tsx';
import { formatCount, formatPercent, shortId } from '../../parts/format.ts';
import { ButtonTo, LinkTo } from '../../parts/links.tsx';
import { Pager } from '../../parts/pager.tsx';
import { PageHead } from '../../parts/panel.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { BATCH_DISPLAY } from '../../parts/status.ts';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { Elapsed, Moment } from '../../parts/time.tsx';

const route = getRouteApi('/process-batches');

const COLUMNS: Column<Batch>[] = [
  {
    key: 'name',
    label: 'Batch',
    lead: true,
    cell: (batch) => (
      <div>
        <LinkTo to="/process-batches/$id" params={{ id: batch.batch_id }} fw={600} inherit lineClamp={2}>
          {batch.name ?? `Batch ${shortId(batch.batch_id)}`}
        </LinkTo>
        <Text size="xs" c="dimmed">
          {batch.process_type}
        </Text>
      </div>
    ),
  },
  { key: 'status', label: 'Status', shrink: true, cell: (batch) => <StatusBadge look={BATCH_DISPLAY[batch.status]} /> },
  { key: 'progress', label: 'Progress', cell: (batch) => <Progress batch={batch} /> },
  { key: 'total', label: 'Processes', align: 'end', shrink: true, cell: (batch) => formatCount(batch.total_count) },
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
  {
    key: 'created',
    label: 'Launched',
    align: 'end',
    shrink: true,
    cell: (batch) => <Moment at={batch.created_at} />,
  },
  {
    key: 'took',
    label: 'Took',
    align: 'end',
    shrink: true,
    cell: (batch) => <Elapsed from={batch.created_at} to={batch.completed_at ?? batch.rested_at} />,
  },
];

export default function BatchListPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const batches = useQuery(batchListQuery(search));
  const setStatus = (status: BatchStatus | undefined) => navigate({ search: { status } });

  return (
    <>
      <PageHead
        title="Process batches"
        actions={
          <>
            <StatusFilter looks={BATCH_DISPLAY} value={search.status} onChange={setStatus} />
            <ButtonTo to="/process-batches/new" leftSection={<IconPlus size={15} />}>
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
                  label="Process batches"
                  columns={COLUMNS}
                  rows={page.items}
                  rowKey={(batch) => batch.batch_id}
                  testId="batch-table"
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

function Progress({ batch }: { batch: Batch }) {
  const ended = endedCount(batch);
  return (
    <div style={{ minWidth: '9rem', flex: 1, maxWidth: '22rem' }}>
      <BatchBar batch={batch} label="Progress" size={9} />
      <Text size="xs" c="dimmed" mt={3}>
        {formatCount(ended)} ended · {formatPercent((ended / batch.total_count) * 100)}
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
      icon={<IconStack2 stroke={1.5} />}
      title={filtered ? 'No batch has this status' : 'Nothing was launched yet'}
      description={
        filtered
          ? undefined
          : 'A batch is up to 100,000 processes launched together. Say how often each step fails, hangs or slows down, and see whether anything is lost.'
      }
      data-testid="batches-empty"
    >
      <EmptyState.Actions>
        {filtered ? (
          <ButtonTo to="/process-batches" variant="default" onClick={onClear}>
            Show all
          </ButtonTo>
        ) : (
          <ButtonTo to="/process-batches/new" leftSection={<IconPlus size={15} />}>
            Launch the first batch
          </ButtonTo>
        )}
      </EmptyState.Actions>
    </EmptyState>
  );
}
