// The list of the batches of one kind, newest first; status and page stand in the URL.

import { Text } from '@mantine/core';
import { type Icon, IconPlus } from '@tabler/icons-react';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Batch, Page } from '../../../../src/http/contract.ts';
import type { BatchStatus } from '../../../../src/model/process.ts';
import { type Column, DataTable, figure } from '../data-table.tsx';
import { Empty } from '../empty.tsx';
import { ClearFilters, StatusFilter } from '../filters.tsx';
import { formatCount, formatPercent } from '../format.ts';
import { ButtonTo, LinkTo } from '../links.tsx';
import { ListView } from '../list-view.tsx';
import { PageHead, Panel } from '../panel.tsx';
import { BATCH_DISPLAY } from '../status.ts';
import { StatusBadge } from '../status-badge.tsx';
import { Moment } from '../time.tsx';
import { batchName, type NamedBatch } from './head.tsx';
import { BatchBar, type BatchCounts, endedCount, percentOf } from './progress.tsx';

type ListedBatch = NamedBatch & BatchCounts & Pick<Batch, 'created_at'>;
type Search = { status?: BatchStatus | undefined; cursor?: string | undefined };

export interface BatchColumns<Row> {
  to: '/process-batches/$id' | '/command-batches/$id';
  /** Stands under the name. */
  note: (batch: Row) => string | null;
  total: string;
  created: string;
  took: (batch: Row) => ReactNode;
}

export function batchColumns<Row extends ListedBatch>(kind: BatchColumns<Row>): Column<Row>[] {
  return [
    {
      label: 'Batch',
      lead: true,
      cell: (batch) => (
        <div>
          <LinkTo to={kind.to} params={{ id: batch.batch_id }} fw={600} inherit lineClamp={2}>
            {batchName(batch)}
          </LinkTo>
          <Text size="xs" c="dimmed">
            {kind.note(batch)}
          </Text>
        </div>
      ),
    },
    { label: 'Status', shrink: true, cell: (batch) => <StatusBadge display={BATCH_DISPLAY[batch.status]} /> },
    { label: 'Progress', cell: (batch) => <Progress batch={batch} /> },
    figure(kind.total, (batch) => formatCount(batch.total_count)),
    figure('Troubleshooting', (batch) => <Count value={batch.in_troubleshooting_count} color="orange" />),
    figure('Failed', (batch) => <Count value={batch.failed_count} color="red" />),
    figure(kind.created, (batch) => <Moment at={batch.created_at} />),
    figure('Took', kind.took),
  ];
}

export interface BatchListProps<Row> {
  title: string;
  columns: Column<Row>[];
  query: UseQueryResult<Page<Row>>;
  search: Search;
  onSearch: (search: Search, pagesBefore?: number) => void;
  newTo: '/process-batches/new' | '/command-batches/new';
  testId: string;
  empty: { icon: Icon; title: string; description: string; action: string };
}

export function BatchList<Row extends ListedBatch>(props: BatchListProps<Row>) {
  const { title, columns, query, search, onSearch, newTo, testId, empty } = props;
  const nothing = search.status ? (
    <Empty icon={empty.icon} title="No batch has this status" testId={`${testId}-empty`}>
      <ClearFilters onClear={() => onSearch({})} />
    </Empty>
  ) : (
    <Empty icon={empty.icon} title={empty.title} description={empty.description} testId={`${testId}-empty`}>
      <ButtonTo to={newTo} icon={IconPlus}>
        {empty.action}
      </ButtonTo>
    </Empty>
  );
  return (
    <>
      <PageHead
        title={title}
        actions={
          <>
            <StatusFilter displays={BATCH_DISPLAY} value={search.status} onChange={(status) => onSearch({ status })} />
            <ButtonTo to={newTo} icon={IconPlus}>
              New batch
            </ButtonTo>
          </>
        }
      />
      <Panel flush>
        <ListView
          query={query}
          empty={nothing}
          cursor={search.cursor}
          onPage={(cursor, pagesBefore) => onSearch({ ...search, cursor }, pagesBefore)}
        >
          {(rows) => (
            <DataTable
              label={title}
              columns={columns}
              rows={rows}
              rowKey={(batch) => batch.batch_id}
              testId={`${testId}-table`}
            />
          )}
        </ListView>
      </Panel>
    </>
  );
}

function Progress({ batch }: { batch: BatchCounts }) {
  const ended = endedCount(batch);
  return (
    <div style={{ minWidth: '9rem', flex: 1, maxWidth: '22rem' }}>
      <BatchBar batch={batch} label="Progress" size={9} />
      <Text size="xs" c="dimmed" mt={3}>
        {formatCount(ended)} ended · {formatPercent(percentOf(ended, batch.total_count))}
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
