// The throughput chart, fetched when it is first shown, with a frame of its size until then.

import { Center, Skeleton, Text } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { formatDuration } from './format.ts';
import type { ThroughputChartProps } from './throughput-chart.tsx';

const ThroughputChart = lazy(() => import('./throughput-chart.tsx'));

export function LazyThroughput({ height = 220, ...props }: ThroughputChartProps) {
  const quiet = props.items.every((item) => item.success + item.failed + item.injected === 0);
  if (quiet) {
    return (
      <Center h={height}>
        <Text size="sm" c="dimmed">
          No attempt ended in the last {formatDuration(props.items.length * props.slice_ms)}.
        </Text>
      </Center>
    );
  }
  return (
    <Suspense fallback={<Skeleton height={height} />}>
      <ThroughputChart height={height} {...props} />
    </Suspense>
  );
}
