// Attempts per second of the whole service over a chosen window.

import { SegmentedControl, Skeleton } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { throughputQuery } from '../../api/stats.ts';
import { LazyThroughput } from '../../parts/lazy-chart.tsx';
import { Panel } from '../../parts/panel.tsx';
import { QueryView } from '../../parts/query-view.tsx';

const WINDOWS = [
  { value: '120', label: '2 min' },
  { value: '600', label: '10 min' },
  { value: '3600', label: '1 h' },
];
const HEIGHT = 232;

export function ThroughputPanel() {
  const [windowS, setWindowS] = useState('120');
  const throughput = useQuery({ ...throughputQuery(Number(windowS)), placeholderData: keepPreviousData });
  return (
    <Panel
      title="Throughput"
      testId="throughput"
      actions={<SegmentedControl size="xs" data={WINDOWS} value={windowS} onChange={setWindowS} aria-label="Window" />}
    >
      <QueryView query={throughput} skeleton={<Skeleton height={HEIGHT} />}>
        {(data) => (
          <LazyThroughput
            items={data.items}
            slice_ms={data.slice_ms}
            height={HEIGHT}
            quietText="No attempt ended in this time."
          />
        )}
      </QueryView>
    </Panel>
  );
}
