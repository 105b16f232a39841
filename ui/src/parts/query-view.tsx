// What a query shows while it loads, when it fails, and when it has data: the same on every page.
// An error never hides data: a failed refresh is reported beside it.

import { Alert, Code, Group, Skeleton, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconCloudOff, IconMapOff, IconRefresh } from '@tabler/icons-react';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { problemFrom } from '../api/client.ts';
import { Action } from './action.tsx';
import { Empty } from './empty.tsx';
import classes from './parts.module.css';
import { Moment } from './time.tsx';

type Shown<Data> = Pick<UseQueryResult<Data>, 'data' | 'error' | 'dataUpdatedAt' | 'isFetching'> & {
  refetch: () => unknown;
};

export interface QueryViewProps<Data> {
  query: Shown<Data>;
  /** Until the first response. */
  skeleton?: ReactNode;
  children: (data: Data) => ReactNode;
}

export function QueryView<Data>({ query, skeleton = <RowsSkeleton />, children }: QueryViewProps<Data>) {
  const { data, error } = query;
  if (data === undefined) {
    if (error) return <ErrorState error={error} onRetry={() => query.refetch()} busy={query.isFetching} />;
    return <div aria-busy="true">{skeleton}</div>;
  }
  return (
    <>
      {error && <StaleNotice error={error} since={query.dataUpdatedAt} />}
      {children(data)}
    </>
  );
}

export function RowsSkeleton({ rows = 5 }: { rows?: number }) {
  return (
    <Stack gap="xs" className={classes.skeleton}>
      {Array.from({ length: rows }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: bars without identity
        <Skeleton key={index} height={18} width={`${96 - ((index * 17) % 40)}%`} />
      ))}
    </Stack>
  );
}

/** A page while its subject is read. */
export function PageSkeleton({ title, heights }: { title: string; heights: readonly number[] }) {
  return (
    <Stack gap="md">
      <title>{`${title} · Faultline`}</title>
      <Skeleton height={34} width={320} />
      {heights.map((height) => (
        <Skeleton key={height} height={height} />
      ))}
    </Stack>
  );
}

function ErrorState({ error, onRetry, busy }: { error: unknown; onRetry: () => void; busy: boolean }) {
  const problem = problemFrom(error);
  if (problem.status === 404) {
    return (
      <Empty icon={IconMapOff} title="Not found" description={problem.detail} testId="missing">
        <title>Not found · Faultline</title>
        <Code>{problem.code}</Code>
        <Action icon={IconRefresh} onClick={onRetry}>
          Try again
        </Action>
      </Empty>
    );
  }
  return (
    <Alert
      color="red"
      variant="light"
      title={problem.title}
      icon={problem.status === 0 ? <IconCloudOff /> : <IconAlertTriangle />}
      m="md"
      data-testid="error-state"
    >
      <Stack gap="sm" align="flex-start">
        <Text size="sm">{problem.detail}</Text>
        <Group gap="xs">
          <Action icon={IconRefresh} onClick={onRetry} loading={busy}>
            Try again
          </Action>
          <Code>{problem.code}</Code>
        </Group>
      </Stack>
    </Alert>
  );
}

function StaleNotice({ error, since }: { error: unknown; since: number }) {
  return (
    <Text size="xs" c="red" px="md" pb="xs" role="status">
      Not refreshed since <Moment at={new Date(since).toISOString()} />: {problemFrom(error).code}
    </Text>
  );
}
