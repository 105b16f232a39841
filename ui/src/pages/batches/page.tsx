// All process batches.

import { IconStack2 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { Batch } from '../../../../src/http/contract.ts';
import { batchListQuery } from '../../api/batches.ts';
import { BatchList, batchColumns } from '../../parts/batch/list.tsx';
import { Elapsed } from '../../parts/time.tsx';

const route = getRouteApi('/process-batches');

const COLUMNS = batchColumns<Batch>({
  to: '/process-batches/$id',
  note: (batch) => batch.process_type,
  total: 'Processes',
  created: 'Launched',
  took: (batch) => <Elapsed from={batch.created_at} to={batch.completed_at ?? batch.rested_at} />,
});

export default function BatchListPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <BatchList
      title="Process batches"
      columns={COLUMNS}
      query={useQuery(batchListQuery(search))}
      search={search}
      onSearch={(next, pagesBefore) => navigate({ search: next, state: { pagesBefore } })}
      newTo="/process-batches/new"
      testId="batch"
      empty={{
        icon: IconStack2,
        title: 'No batch was launched yet',
        description:
          'A batch is up to 100,000 processes launched together. Choose how often each step fails, hangs or slows down, and see whether anything is lost.',
        action: 'Launch the first batch',
      }}
    />
  );
}
