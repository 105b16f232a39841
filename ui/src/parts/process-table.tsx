// Processes as rows: the same on the list of all and inside a batch.

import { Text } from '@mantine/core';
import type { Process } from '../../../src/http/contract.ts';
import { type Column, DataTable, figure } from './data-table.tsx';
import { ErrorCell } from './error-cell.tsx';
import { formatCount, humanize } from './format.ts';
import { ShortId } from './id.tsx';
import { IdLink, LinkTo } from './links.tsx';
import { PROCESS_DISPLAY } from './status.ts';
import { StatusBadge } from './status-badge.tsx';
import { Elapsed, Moment } from './time.tsx';

const PROCESS: Column<Process> = {
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
  label: 'Batch',
  cell: (process) => process.batch_id && <IdLink to="/process-batches/$id" id={process.batch_id} />,
};

const COLUMNS: Column<Process>[] = [
  { label: 'Status', shrink: true, cell: (process) => <StatusBadge display={PROCESS_DISPLAY[process.status]} /> },
  { label: 'Step', shrink: true, cell: (process) => process.current_step && humanize(process.current_step) },
  { label: 'Error', cell: (process) => process.error_code && <ErrorCell {...process} /> },
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
