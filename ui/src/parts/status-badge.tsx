// A state as a badge: icon, label and colour from its look; the hint appears on hover.

import { Badge, type MantineSize } from '@mantine/core';
import { IconBolt } from '@tabler/icons-react';
import { faultEffect, faultLabel } from './behavior.ts';
import { CHAOS_COLOR, type Look } from './status.ts';

export function StatusBadge({ look, size = 'md', testId }: { look: Look; size?: MantineSize; testId?: string }) {
  const Icon = look.icon;
  return (
    <Badge
      variant="light"
      color={look.color}
      size={size}
      title={look.hint}
      leftSection={<Icon size={13} stroke={2} aria-hidden />}
      data-testid={testId}
    >
      {look.label}
    </Badge>
  );
}

/** Marks what chaos did on purpose, so that nobody takes it for a real failure. */
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
