// A form that needs the service's configuration and, when it is a copy, the original.

import { Skeleton, Stack } from '@mantine/core';
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Config } from '../../../../src/http/contract.ts';
import { configQuery } from '../../api/service.ts';
import { QueryView } from '../query-view.tsx';

/** Query options of an original: read once, because a refetch would discard what was typed. */
export const READ_ONCE = { staleTime: Infinity, refetchInterval: false } as const;

export interface PrefilledProps<Original> {
  /** Null for an empty form. */
  original: UseQueryResult<Original> | null;
  children: (config: Config, original?: Original) => ReactNode;
}

export function Prefilled<Original>({ original, children }: PrefilledProps<Original>) {
  const config = useQuery(configQuery);
  const skeleton = (
    <Stack>
      <Skeleton height={140} />
      <Skeleton height={240} />
    </Stack>
  );
  return (
    <QueryView query={config} skeleton={skeleton}>
      {(data) =>
        original === null ? (
          children(data)
        ) : (
          <QueryView query={original} skeleton={skeleton}>
            {(from) => children(data, from)}
          </QueryView>
        )
      }
    </QueryView>
  );
}
