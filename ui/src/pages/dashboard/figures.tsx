// The figures at the top: speed, latency, and the amount of work.

import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Overview } from '../../../../src/http/contract.ts';
import { overviewQuery } from '../../api/stats.ts';
import { formatCount, formatDuration, formatRate } from '../../parts/format.ts';
import { LinkTo } from '../../parts/links.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { type Stat, StatStrip } from '../../parts/stat-strip.tsx';

export function Figures() {
  const overview = useQuery(overviewQuery);
  return (
    <QueryView query={overview} skeleton={<Skeleton height={93} />}>
      {(data) => <StatStrip label="Current figures" stats={figuresOf(data)} />}
    </QueryView>
  );
}

function figuresOf(overview: Overview): Stat[] {
  const { p50, p95, p99 } = overview.latency_ms;
  return [
    {
      label: 'Attempts per second',
      value: formatRate(overview.attempts_per_second),
      note: 'over the last minute',
      testId: 'stat-attempts-per-second',
    },
    {
      label: 'Attempt latency, p50',
      value: latency(p50),
      note: `p95 ${latency(p95)} · p99 ${latency(p99)}`,
      testId: 'stat-latency',
    },
    { label: 'Backlog', value: formatCount(overview.backlog), note: 'commands waiting', testId: 'stat-backlog' },
    {
      label: 'In progress',
      value: formatCount(overview.in_progress),
      note: 'under a lease',
      testId: 'stat-in-progress',
    },
    {
      label: 'Troubleshooting',
      value: (
        <LinkTo to="/tsq" inherit c={overview.in_troubleshooting > 0 ? 'orange' : 'inherit'}>
          {formatCount(overview.in_troubleshooting)}
        </LinkTo>
      ),
      note: 'waiting for an operator',
      testId: 'stat-tsq',
    },
    {
      label: 'Open batches',
      value: formatCount(overview.batches.open),
      note: `of ${formatCount(overview.batches.total)} launched`,
      testId: 'stat-open-batches',
    },
  ];
}

function latency(ms: number | null): string {
  return ms === null ? '–' : formatDuration(ms);
}
