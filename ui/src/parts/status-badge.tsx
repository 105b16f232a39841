// A state as a badge; its hint appears on hover.

import { Badge, type MantineSize } from '@mantine/core';
import { IconBolt } from '@tabler/icons-react';
import { faultEffect, faultLabel } from './behavior.ts';
import { CHAOS_COLOR, type Display } from './status.ts';

export interface StatusBadgeProps {
  display: Display;
  size?: MantineSize;
  testId?: string;
}

export function StatusBadge({ display: { icon: Icon, color, label, hint }, size = 'md', testId }: StatusBadgeProps) {
  return (
    <Badge
      variant="light"
      color={color}
      size={size}
      title={hint}
      leftSection={<Icon size={13} stroke={2} aria-hidden />}
      data-testid={testId}
    >
      {label}
    </Badge>
  );
}

/** Marks what chaos injected, so that it does not pass for a real failure. */
export function InjectedBadge({ fault }: { fault: string }) {
  const effect = faultEffect(fault);
  return (
    <Badge
      variant="light"
      color={CHAOS_COLOR}
      title={`Injected by chaos, not a real failure${effect ? `: ${effect}` : ''}`}
      leftSection={<IconBolt size={13} stroke={2} aria-hidden />}
      data-testid="injected"
    >
      Injected {faultLabel(fault)}
    </Badge>
  );
}
