// Replaces a page that threw; the navigation stays.

import { Code } from '@mantine/core';
import { IconAlertTriangle, IconRefresh } from '@tabler/icons-react';
import type { ErrorComponentProps } from '@tanstack/react-router';
import { Action } from '../action.tsx';
import { Empty } from '../empty.tsx';

export function PageError({ error, reset }: ErrorComponentProps) {
  return (
    <Empty
      icon={IconAlertTriangle}
      title="This page failed"
      description={error instanceof Error ? error.message : String(error)}
      testId="page-error"
    >
      <Code>PAGE_ERROR</Code>
      <Action icon={IconRefresh} onClick={reset}>
        Try again
      </Action>
    </Empty>
  );
}
