// The throughput chart, loaded when it is first shown; a frame of its size until then.

import { Center, Skeleton } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { Note } from './panel.tsx';
import type { ThroughputChartProps } from './throughput-chart.tsx';

const ThroughputChart = lazy(() => import('./throughput-chart.tsx'));

/** `quietText`: until an attempt has ended. */
export function LazyThroughput({ height = 220, quietText, ...props }: ThroughputChartProps & { quietText: string }) {
  const quiet = props.items.every((item) => item.success + item.failed + item.injected === 0);
  if (quiet) {
    return (
      <Center h={height}>
        <Note>{quietText}</Note>
      </Center>
    );
  }
  return (
    <Suspense fallback={<Skeleton height={height} />}>
      <ThroughputChart height={height} {...props} />
    </Suspense>
  );
}
