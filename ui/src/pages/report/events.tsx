// The turbulence during the batch and how soon the batch recovered, and everything that stopped chaos.

import type { Report } from '../../../../src/http/contract.ts';
import { type Column, DataTable, figure } from '../../parts/data-table.tsx';
import { stopLabel, turbulenceLabel } from '../../parts/experiment/experiment.ts';
import { capitalize, formatDuration, humanize } from '../../parts/format.ts';
import { Panel } from '../../parts/panel.tsx';
import { Moment } from '../../parts/time.tsx';

type Turbulence = Report['turbulence'][number];
type Stop = Report['stops'][number];

const AT = { label: 'At', shrink: true, cell: ({ at }: { at: string }) => <Moment at={at} /> } as const;

const TURBULENCE: Column<Turbulence>[] = [
  { label: 'What', lead: true, cell: ({ kind }) => capitalize(turbulenceLabel(kind)) },
  AT,
  figure('Next success after', ({ recovery_ms }) => (recovery_ms === null ? 'none' : formatDuration(recovery_ms))),
];

const STOPS: Column<Stop>[] = [
  { label: 'What', lead: true, cell: ({ type }) => humanize(type) },
  AT,
  { label: 'Why', cell: ({ details }) => whyOf(details) },
];

export function ReportEvents({ report: { turbulence, stops } }: { report: Report }) {
  return (
    <>
      {turbulence.length > 0 && (
        <Panel title="Turbulence" flush testId="report-turbulence">
          <DataTable
            label="Turbulence"
            columns={TURBULENCE}
            rows={turbulence}
            rowKey={({ at, kind }) => `${at}/${kind}`}
          />
        </Panel>
      )}
      {stops.length > 0 && (
        <Panel title="Stops" flush testId="report-stops">
          <DataTable label="Stops" columns={STOPS} rows={stops} rowKey={({ at, type }) => `${at}/${type}`} />
        </Panel>
      )}
    </>
  );
}

function whyOf({ metric, above, reason, actor }: Record<string, unknown>): string | null {
  const parts = [
    typeof metric === 'string' && typeof above === 'number' && stopLabel(metric, above),
    typeof actor === 'string' && actor,
    typeof reason === 'string' && reason,
  ].filter(Boolean);
  return parts.join(' · ') || null;
}
