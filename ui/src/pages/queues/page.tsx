// Queues and workers: the backlog of each domain, its workers, and the verbs that pause, resume and cap it.

import { Stack } from '@mantine/core';
import { PageHead } from '../../parts/panel.tsx';
import { Domains } from './domains.tsx';
import { Workers } from './workers.tsx';

export default function QueuesPage() {
  return (
    <>
      <PageHead
        title="Queues and workers"
        description="The backlog of each domain and its workers. In a paused domain, commands in progress finish and none begins."
      />
      <Stack gap="lg">
        <Domains />
        <Workers />
      </Stack>
    </>
  );
}
