// One command batch: progress, replies and commands. Live until it has ended.

import { Grid, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { CommandBatchDetail } from '../../../../src/http/contract.ts';
import { commandBatchDetailQuery } from '../../api/command-batches.ts';
import { shortId } from '../../parts/format.ts';
import { PageSkeleton, QueryView } from '../../parts/query-view.tsx';
import { BatchCommands } from './commands.tsx';
import { CommandBatchHead } from './head.tsx';
import { ProgressPanel } from './progress-panel.tsx';
import { RepliesPanel } from './replies-panel.tsx';
import { BatchTemplate } from './template.tsx';

const route = getRouteApi('/command-batches/$id');

export default function CommandBatchPage() {
  const { id } = route.useParams();
  const batch = useQuery(commandBatchDetailQuery(id));
  return (
    <QueryView query={batch} skeleton={<PageSkeleton title={`Batch ${shortId(id)}`} heights={[150, 260]} />}>
      {(data) => <BatchView batch={data} failed={batch.isError} />}
    </QueryView>
  );
}

function BatchView({ batch, failed }: { batch: CommandBatchDetail; failed: boolean }) {
  return (
    <>
      <CommandBatchHead batch={batch} failed={failed} />
      <Stack gap="md">
        <Grid gap="md">
          <Grid.Col span={{ base: 12, md: 8 }}>
            <ProgressPanel batch={batch} />
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 4 }}>
            <RepliesPanel batch={batch} />
          </Grid.Col>
        </Grid>
        <BatchTemplate batch={batch} />
        <BatchCommands batch={batch} />
      </Stack>
    </>
  );
}
