// The dashboard: what runs, how fast, and what waits for an operator. Everything on it is live.

import { Grid, Stack } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { ButtonTo } from '../../parts/links.tsx';
import { PageHead } from '../../parts/panel.tsx';
import { Figures } from './figures.tsx';
import { OpenBatches } from './open-batches.tsx';
import { ProcessesByStatus } from './processes-by-status.tsx';
import { ThroughputPanel } from './throughput-panel.tsx';
import { TsqGroups } from './tsq-groups.tsx';
import { Workers } from './workers.tsx';

export default function DashboardPage() {
  return (
    <>
      <PageHead
        title="Dashboard"
        actions={
          <ButtonTo to="/process-batches/new" icon={IconPlus}>
            New batch
          </ButtonTo>
        }
      />
      <Stack gap="md">
        <Figures />
        <Grid gap="md">
          <Grid.Col span={{ base: 12, md: 8 }}>
            <ThroughputPanel />
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 4 }}>
            <ProcessesByStatus />
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 8 }}>
            <OpenBatches />
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 4 }}>
            <TsqGroups />
          </Grid.Col>
        </Grid>
        <Workers />
      </Stack>
    </>
  );
}
