// One batch: how far it is, what its steps come to against what was predicted, the verdict, and every process of it. Live until it has ended.

import { Grid, Skeleton, Stack } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import type { BatchDetail } from '../../../../src/http/contract.ts';
import { shortId } from '../../parts/format.ts';
import { LazyThroughput } from '../../parts/lazy-chart.tsx';
import { Panel } from '../../parts/panel.tsx';
import { QueryView } from '../../parts/query-view.tsx';
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
  // Another batch is another page: nothing of the one before is kept.
  return <OneBatch key={id} id={id} />;
}

function OneBatch({ id }: { id: string }) {
  const live = useLiveBatch(id);
  return (
    <QueryView query={live.query} skeleton={<BatchSkeleton id={id} />}>
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

function BatchSkeleton({ id }: { id: string }) {
  return (
    <Stack gap="md">
      <title>{`Batch ${shortId(id)} · Faultline`}</title>
      <Skeleton height={34} width={320} />
      <Skeleton height={170} />
      <Skeleton height={260} />
    </Stack>
  );
}
