// An error in a row: its code, whether it was injected, and one line of its message.

import { Group, Text } from '@mantine/core';
import { InjectedBadge } from './status-badge.tsx';

export interface ErrorCellProps {
  error_code: string | null;
  error_message: string | null;
  fault?: string | null;
}

export function ErrorCell({ error_code, error_message, fault }: ErrorCellProps) {
  return (
    <div style={{ minWidth: 0 }}>
      <Group component="span" gap="0.25rem 0.5rem" display="inline-flex" fw={500}>
        {error_code}
        {fault && <InjectedBadge fault={fault} />}
      </Group>
      <Text size="xs" c="dimmed" lineClamp={1} title={error_message ?? undefined}>
        {error_message}
      </Text>
    </div>
  );
}
