// Replaces a page that threw; the navigation stays.

import { Button, Code, EmptyState } from '@mantine/core';
import { IconAlertTriangle, IconRefresh } from '@tabler/icons-react';
import type { ErrorComponentProps } from '@tanstack/react-router';

export function PageError({ error, reset }: ErrorComponentProps) {
  return (
    <EmptyState
      py={80}
      color="red"
      variant="light"
      icon={<IconAlertTriangle stroke={1.5} />}
      title="This page failed"
      description={error instanceof Error ? error.message : String(error)}
      data-testid="page-error"
    >
      <Code>PAGE_ERROR</Code>
      <EmptyState.Actions>
        <Button leftSection={<IconRefresh size={14} />} onClick={reset}>
          Try again
        </Button>
      </EmptyState.Actions>
    </EmptyState>
  );
}
