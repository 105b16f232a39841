// Each step's attempts: how long they took, how many were interrupted, how many failed by themselves.

import { Text } from '@mantine/core';
import type { Report } from '../../../../src/http/contract.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { formatCount, formatDuration, humanize } from '../../parts/format.ts';

type ReportStep = Report['steps'][number];

const figure = (key: string, label: string, cell: (step: ReportStep) => string): Column<ReportStep> => ({
  key,
  label,
  cell,
  align: 'end',
  shrink: true,
});
const latency = (part: keyof ReportStep['latency_ms'], label: string) =>
  figure(part, label, ({ latency_ms }) => {
    const ms = latency_ms[part];
    return ms === null ? '–' : formatDuration(ms);
  });

const COLUMNS: Column<ReportStep>[] = [
  { key: 'step', label: 'Step', lead: true, cell: ({ step }) => humanize(step) },
  figure('attempts', 'Attempts', ({ observed }) => formatCount(observed.attempts)),
  figure('interrupted', 'Interrupted', ({ observed }) => formatCount(observed.interrupted)),
  figure('real_failures', 'Real failures', ({ real_failures }) => formatCount(real_failures)),
  latency('p50', 'Latency p50'),
  latency('p95', 'p95'),
  latency('p99', 'p99'),
  latency('max', 'Longest'),
];

export function Latency({ report }: { report: Report }) {
  if (report.steps.length === 0) {
    return (
      <Text size="sm" c="dimmed" p="md">
        No step was attempted yet.
      </Text>
    );
  }
  return (
    <DataTable label="Steps" columns={COLUMNS} rows={report.steps} rowKey={({ step }) => step} testId="report-steps" />
  );
}
