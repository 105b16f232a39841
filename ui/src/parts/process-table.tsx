// Processes as rows: the same on the list of all and inside a batch.

import { Text } from '@mantine/core';
import type { Process } from '../../../src/http/contract.ts';
import { type Column, DataTable, figure } from './data-table.tsx';
import { formatCount, humanize } from './format.ts';
import { ShortId } from './id.tsx';
import { LinkTo } from './links.tsx';
import { PROCESS_DISPLAY } from './status.ts';
import { StatusBadge } from './status-badge.tsx';
import { Elapsed, Moment } from './time.tsx';

const PROCESS: Column<Process> = {
  key: 'process',
  label: 'Process',
  lead: true,
  cell: (process) => (
    <LinkTo to="/processes/$id" params={{ id: process.process_id }} inherit fw={500}>
      {process.batch_id === null ? null : `#${formatCount(process.ordinal)} `}
      <Text span inherit c="dimmed" fw={400}>
        <ShortId id={process.process_id} />
      </Text>
    </LinkTo>
  ),
};

const BATCH: Column<Process> = {
  key: 'batch',
  label: 'Batch',
  cell: (process) =>
    process.batch_id && (
      <LinkTo to="/process-batches/$id" params={{ id: process.batch_id }} inherit>
        <ShortId id={process.batch_id} />
      </LinkTo>
    ),
};

const COLUMNS: Column<Process>[] = [
  {
    key: 'status',
    label: 'Status',
    shrink: true,
    cell: (process) => <StatusBadge display={PROCESS_DISPLAY[process.status]} />,
  },
  {
    key: 'step',
    label: 'Step',
    shrink: true,
    cell: (process) => process.current_step && humanize(process.current_step),
  },
  { key: 'error', label: 'Error', cell: (process) => process.error_code && <ErrorText process={process} /> },
  figure('Updated', (process) => <Moment at={process.updated_at} />),
  figure('Took', (process) => <Elapsed from={process.created_at} to={process.completed_at} />),
];

const IN_BATCH = [PROCESS, ...COLUMNS];
const ANYWHERE = [PROCESS, BATCH, ...COLUMNS];

export function ProcessTable({ processes, withBatch }: { processes: Process[]; withBatch?: boolean }) {
  return (
    <DataTable
      label="Processes"
      columns={withBatch ? ANYWHERE : IN_BATCH}
      rows={processes}
      rowKey={(process) => process.process_id}
      testId="process-table"
    />
  );
}

function ErrorText({ process }: { process: Process }) {
  return (
    <Text span inherit lineClamp={1} title={process.error_message ?? undefined}>
      <Text span inherit fw={500}>
        {process.error_code}
      </Text>{' '}
      <Text span inherit c="dimmed">
        {process.error_message}
      </Text>
    </Text>
  );
}
