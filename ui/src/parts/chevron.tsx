// The arrow of what can be unfolded.

import { IconChevronRight } from '@tabler/icons-react';

export function Chevron({ opened, size = 15 }: { opened: boolean; size?: number }) {
  const style = { flex: 'none', transition: 'rotate 120ms ease', rotate: opened ? '90deg' : undefined };
  return <IconChevronRight size={size} style={style} aria-hidden />;
}
