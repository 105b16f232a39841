// What a query shows while it loads, when it fails, and when it has data: the same on every page.
// Promises never to hide data that is there behind an error: a failed refresh is told beside it.

import { Alert, Button, Code, EmptyState, Group, Skeleton, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconCloudOff, IconMapOff, IconRefresh } from '@tabler/icons-react';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Problem } from '../../../src/http/contract.ts';
import { problemFrom } from '../api/client.ts';
import classes from './parts.module.css';
import { Moment } from './time.tsx';

type Shown<Data> = Pick<UseQueryResult<Data>, 'data' | 'error' | 'dataUpdatedAt' | 'isFetching'> & {
  refetch: () => unknown;
};

export interface QueryViewProps<Data> {
  query: Shown<Data>;
  /** What stands there until the first answer; rows of bars when not said. */
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

function ErrorState({ error, onRetry, busy }: { error: unknown; onRetry?: () => void; busy?: boolean }) {
  const problem = problemFrom(error);
  if (problem.status === 404) return <Missing problem={problem} onRetry={onRetry} />;
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
          {onRetry && (
            <Button
              size="xs"
              variant="default"
              leftSection={<IconRefresh size={14} />}
              onClick={onRetry}
              loading={busy}
            >
              Try again
            </Button>
          )}
          <Code>{problem.code}</Code>
        </Group>
      </Stack>
    </Alert>
  );
}

/** What was asked for is not there: nothing failed, so nothing is red. */
function Missing({ problem, onRetry }: { problem: Problem; onRetry: (() => void) | undefined }) {
  return (
    <EmptyState
      py={64}
      icon={<IconMapOff stroke={1.5} />}
      title="There is no such thing"
      description={problem.detail}
      data-testid="missing"
    >
      <title>Not found · Faultline</title>
      <EmptyState.Actions>
        <Code>{problem.code}</Code>
        {onRetry && (
          <Button variant="default" leftSection={<IconRefresh size={14} />} onClick={onRetry}>
            Look again
          </Button>
        )}
      </EmptyState.Actions>
    </EmptyState>
  );
}

function StaleNotice({ error, since }: { error: unknown; since: number }) {
  return (
    <Text size="xs" c="red" px="md" pb="xs" role="status">
      Not refreshed since <Moment at={new Date(since).toISOString()} />: {problemFrom(error).code}
    </Text>
  );
}
