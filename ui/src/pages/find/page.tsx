// Finds out what an id belongs to and goes there: a verdict lists ids without their kind.

import { Skeleton } from '@mantine/core';
import { IconMapOff } from '@tabler/icons-react';
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { getRouteApi, Navigate } from '@tanstack/react-router';
import { batchDetailQuery } from '../../api/batches.ts';
import { commandDetailQuery } from '../../api/commands.ts';
import { processDetailQuery } from '../../api/processes.ts';
import { Empty } from '../../parts/empty.tsx';

const route = getRouteApi('/find/$id');

export default function FindPage() {
  const { id } = route.useParams();
  const once = { refetchInterval: false, retry: false, staleTime: 10_000 } as const;
  const process = useQuery({ ...processDetailQuery(id), ...once });
  const command = useQuery({ ...commandDetailQuery(id), ...once, enabled: process.isError });
  const batch = useQuery({ ...batchDetailQuery(id), ...once, enabled: command.isError });
  if (process.isSuccess) return <Navigate to="/processes/$id" params={{ id }} replace />;
  if (command.isSuccess) return <Navigate to="/commands/$id" params={{ id }} replace />;
  if (batch.isSuccess) return <Navigate to="/process-batches/$id" params={{ id }} replace />;
  if ([process, command, batch].some((query: UseQueryResult<unknown>) => query.isPending)) {
    return <Skeleton height={120} aria-busy="true" />;
  }
  return (
    <Empty
      icon={IconMapOff}
      title="Nothing has this id"
      description={`No process, command or batch of this service is ${id}.`}
    >
      <title>Not found · Faultline</title>
    </Empty>
  );
}
