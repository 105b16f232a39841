// Queues and workers: what waits in each domain, who works it, and the verbs that pause, resume and cap it.

import { Stack } from '@mantine/core';
import { PageHead } from '../../parts/panel.tsx';
import { Domains } from './domains.tsx';
import { Workers } from './workers.tsx';

export default function QueuesPage() {
  return (
    <>
      <PageHead
        title="Queues and workers"
        description="What waits in each domain and who takes it. A paused domain drains: what runs goes on, nothing begins."
      />
      <Stack gap="lg">
        <Domains />
        <Workers />
      </Stack>
    </>
  );
}
