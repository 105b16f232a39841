// Attempts per second by outcome. Loaded when shown: the chart library is most of the bundle.

import { AreaChart } from '@mantine/charts';
import '@mantine/charts/styles.css';
import type { Throughput } from '../../../src/http/contract.ts';
import { turbulenceLabel } from './experiment/experiment.ts';
import { formatRate, formatShortCount } from './format.ts';
import { CHAOS_COLOR } from './status.ts';
import { formatClock } from './time.tsx';

const SERIES = [
  { name: 'success', label: 'Succeeded', color: 'teal.6' },
  { name: 'injected', label: 'Injected fault', color: `${CHAOS_COLOR}.5` },
  { name: 'failed', label: 'Real failure', color: 'red.6' },
];

export interface ThroughputChartProps {
  items: Throughput['items'];
  slice_ms: number;
  height?: number;
  /** Turbulence, as lines in the chart. */
  marks?: readonly { at: string; kind: string }[];
}

export default function ThroughputChart({ items, slice_ms, height = 220, marks = [] }: ThroughputChartProps) {
  const perSecond = 1_000 / slice_ms;
  const data = items.map((item) => ({
    at: formatClock(item.at),
    success: item.success * perSecond,
    injected: item.injected * perSecond,
    failed: item.failed * perSecond,
  }));
  return (
    <AreaChart
      h={height}
      data={data}
      dataKey="at"
      series={SERIES}
      type="stacked"
      curveType="linear"
      fillOpacity={0.8}
      // No outlines: that of real failures would be a red line on the whole stack, also where there are none.
      strokeWidth={0}
      withDots={false}
      tickLine="none"
      gridAxis="x"
      strokeDasharray="0"
      withLegend
      referenceLines={markLines(items, slice_ms, marks)}
      legendProps={{ verticalAlign: 'bottom', height: 30 }}
      valueFormatter={(value) => `${formatRate(value)}/s`}
      xAxisProps={{ minTickGap: 48, tickMargin: 8 }}
      yAxisProps={{ width: 44, tickFormatter: formatShortCount, allowDecimals: false }}
      areaProps={{ isAnimationActive: false }}
      areaChartProps={{ margin: { top: 8, right: 4, bottom: 0, left: 0 } }}
    />
  );
}

/** One line per slice with turbulence; none for marks outside the chart. */
function markLines(
  items: ThroughputChartProps['items'],
  slice_ms: number,
  marks: NonNullable<ThroughputChartProps['marks']>,
) {
  const kindsByClock = new Map<string, Set<string>>();
  for (const { at, kind } of marks) {
    const slice = items.findLast((item) => Date.parse(item.at) <= Date.parse(at));
    if (!slice || Date.parse(at) - Date.parse(slice.at) > 2 * slice_ms) continue;
    const clock = formatClock(slice.at);
    kindsByClock.set(clock, (kindsByClock.get(clock) ?? new Set()).add(turbulenceLabel(kind)));
  }
  return [...kindsByClock].map(([clock, kinds]) => ({
    x: clock,
    color: `${CHAOS_COLOR}.7`,
    label: kindsByClock.size > MAX_LABELS ? '' : [...kinds].join(', '),
    labelPosition: 'insideTopRight' as const,
    strokeDasharray: '4 3',
  }));
}

/** More labels would overlap; the list below the chart has all of them. */
const MAX_LABELS = 6;
