// One process batch: progress, steps, prediction, verdict and processes. Live until it has ended.

import { Grid, Stack } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import type { BatchDetail } from '../../../../src/http/contract.ts';
import { shortId } from '../../parts/format.ts';
import { LazyThroughput } from '../../parts/lazy-chart.tsx';
import { Panel } from '../../parts/panel.tsx';
import { PageSkeleton, QueryView } from '../../parts/query-view.tsx';
import { ChaosSection, StoppedBanner } from './chaos-section.tsx';
import { Funnel } from './funnel.tsx';
import { ProcessBatchHead } from './head.tsx';
import { PredictionPanel } from './prediction-panel.tsx';
import { BatchProcesses } from './processes.tsx';
import { ProgressPanel } from './progress-panel.tsx';
import { BatchSettings } from './settings.tsx';
import { TurbulenceMarks } from './turbulence-marks.tsx';
import { type LiveBatch, useLiveBatch } from './use-live-batch.ts';
import { VerdictPanel } from './verdict-panel.tsx';

const route = getRouteApi('/process-batches/$id');
const CHART_HEIGHT = 300;

export default function BatchPage() {
  const { id } = route.useParams();
  const live = useLiveBatch(id);
  return (
    <QueryView query={live.query} skeleton={<PageSkeleton title={`Batch ${shortId(id)}`} heights={[170, 260]} />}>
      {(batch) => <BatchView batch={batch} live={live} />}
    </QueryView>
  );
}

function BatchView({ batch, live }: { batch: BatchDetail; live: LiveBatch }) {
  return (
    <>
      <ProcessBatchHead batch={batch} live={live} />
      <Stack gap="md">
        <StoppedBanner batch={batch} />
        <ProgressPanel batch={batch} />
        <Grid gap="md">
          <Grid.Col span={{ base: 12, md: 6 }}>
            <Panel title="Steps, by attempts" testId="funnel">
              <Funnel steps={batch.steps} />
            </Panel>
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 6 }}>
            <Panel title="Throughput" testId="batch-throughput">
              <LazyThroughput
                items={batch.throughput}
                slice_ms={batch.slice_ms}
                marks={batch.turbulence}
                height={CHART_HEIGHT}
                quietText="No attempt ended yet."
              />
              <TurbulenceMarks marks={batch.turbulence} />
            </Panel>
          </Grid.Col>
        </Grid>
        <ChaosSection batch={batch} />
        <PredictionPanel batch={batch} />
        <VerdictPanel batch={batch} />
        <BatchSettings batch={batch} />
        <BatchProcesses batch={batch} />
      </Stack>
    </>
  );
}
