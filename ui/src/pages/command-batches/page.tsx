// All command batches.

import { IconStackForward } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { CommandBatch } from '../../../../src/http/contract.ts';
import { commandBatchListQuery } from '../../api/command-batches.ts';
import { BatchList, batchColumns } from '../../parts/batch/list.tsx';
import { formatDuration } from '../../parts/format.ts';

const route = getRouteApi('/command-batches');

const COLUMNS = batchColumns<CommandBatch>({
  to: '/command-batches/$id',
  note: (batch) => (batch.type ? `${batch.domain}, ${batch.type}` : batch.closed_at ? 'a list of commands' : 'open'),
  total: 'Commands',
  created: 'Sent',
  took: (batch) => (batch.duration_ms === null ? null : formatDuration(batch.duration_ms)),
});

export default function CommandBatchListPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <BatchList
      title="Command batches"
      columns={COLUMNS}
      query={useQuery(commandBatchListQuery(search))}
      search={search}
      onSearch={(next, pagesBefore) => navigate({ search: next, state: { pagesBefore } })}
      newTo="/command-batches/new"
      testId="command-batch"
      empty={{
        icon: IconStackForward,
        title: 'No batch was sent yet',
        description: 'A command batch is up to 100,000 commands sent and counted together, with one reply at its end.',
        action: 'Send the first batch',
      }}
    />
  );
}
