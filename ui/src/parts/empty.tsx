// Replaces a list without rows: why it is empty, and what can be done. `small`: inside a panel.

import { EmptyState } from '@mantine/core';
import type { Icon } from '@tabler/icons-react';
import type { ReactNode } from 'react';

export interface EmptyProps {
  icon: Icon;
  title: string;
  description?: string | undefined;
  small?: boolean;
  testId?: string;
  /** Buttons. */
  children?: ReactNode;
}

export function Empty({ icon: Icon, title, description, small, testId, children }: EmptyProps) {
  return (
    <EmptyState
      size={small ? 'sm' : undefined}
      px="md"
      py={small ? 'md' : 64}
      icon={<Icon stroke={1.5} />}
      title={title}
      description={description}
      data-testid={testId}
    >
      {children && <EmptyState.Actions>{children}</EmptyState.Actions>}
    </EmptyState>
  );
}
