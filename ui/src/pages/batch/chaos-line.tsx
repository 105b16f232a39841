// A line about chaos, in its color.

import { Group, Text } from '@mantine/core';
import type { Icon } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { CHAOS_COLOR } from '../../parts/status.ts';

export function ChaosLine({ icon: Icon, testId, children }: { icon: Icon; testId?: string; children: ReactNode }) {
  return (
    <Group gap="0.25rem" wrap="nowrap" c={CHAOS_COLOR} data-testid={testId}>
      <Icon size={13} stroke={2} aria-hidden style={{ flex: 'none' }} />
      <Text size="xs">{children}</Text>
    </Group>
  );
}
