// The attempts of each step: how many were interrupted or really failed, and how long they took.

import type { Report } from '../../../../src/http/contract.ts';
import { type Column, DataTable, figure } from '../../parts/data-table.tsx';
import { formatCount, formatDuration, humanize } from '../../parts/format.ts';
import { Note } from '../../parts/panel.tsx';

type ReportStep = Report['steps'][number];

const latency = (part: keyof ReportStep['latency_ms'], label: string) =>
  figure<ReportStep>(label, ({ latency_ms }) => {
    const ms = latency_ms[part];
    return ms === null ? null : formatDuration(ms);
  });

const COLUMNS: Column<ReportStep>[] = [
  { label: 'Step', lead: true, cell: ({ step }) => humanize(step) },
  figure('Attempts', ({ observed }) => formatCount(observed.attempts)),
  figure('Interrupted', ({ observed }) => formatCount(observed.interrupted)),
  figure('Real failures', ({ real_failures }) => formatCount(real_failures)),
  latency('p50', 'Latency p50'),
  latency('p95', 'p95'),
  latency('p99', 'p99'),
  latency('max', 'Longest'),
];

export function Latency({ report }: { report: Report }) {
  if (report.steps.length === 0) return <Note p="md">No step was attempted yet.</Note>;
  return (
    <DataTable label="Steps" columns={COLUMNS} rows={report.steps} rowKey={({ step }) => step} testId="report-steps" />
  );
}
