// One process: its steps and attempts, documents and state. Live until it has ended.

import { Grid, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { ProcessDetail } from '../../../../src/http/contract.ts';
import { processDetailQuery } from '../../api/processes.ts';
import { BehaviorList } from '../../parts/behavior-list.tsx';
import { shortId } from '../../parts/format.ts';
import { Panel } from '../../parts/panel.tsx';
import { PageSkeleton, QueryView } from '../../parts/query-view.tsx';
import { Artifacts } from './artifacts.tsx';
import { ProcessFacts } from './facts.tsx';
import { ProcessHead } from './process-head.tsx';
import { ProcessState } from './state.tsx';
import { StepTimeline } from './timeline.tsx';
import { ProcessTrouble } from './trouble.tsx';

const route = getRouteApi('/processes/$id');

export default function ProcessPage() {
  const { id } = route.useParams();
  const process = useQuery(processDetailQuery(id));
  return (
    <QueryView query={process} skeleton={<PageSkeleton title={`Process ${shortId(id)}`} heights={[320]} />}>
      {(data) => <ProcessView process={data} failed={process.isError} />}
    </QueryView>
  );
}

function ProcessView({ process, failed }: { process: ProcessDetail; failed: boolean }) {
  return (
    <>
      <ProcessHead process={process} failed={failed} />
      <ProcessTrouble process={process} />
      <Grid gap="md" align="flex-start">
        <Grid.Col span={{ base: 12, md: 8 }}>
          <Panel title="Timeline" testId="timeline">
            <StepTimeline process={process} />
          </Panel>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }}>
          <Stack gap="md">
            <Artifacts process={process} />
            <ProcessFacts process={process} />
            <Panel title="Behavior">
              <BehaviorList behavior={process.behavior} processType={process.process_type} />
            </Panel>
            <ProcessState process={process} />
          </Stack>
        </Grid.Col>
      </Grid>
    </>
  );
}
