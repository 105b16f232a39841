// Small dimmed text beside or below content.

import { Text, type TextProps } from '@mantine/core';
import type { ReactNode } from 'react';

export function Hint(props: TextProps & { children: ReactNode; title?: string; span?: boolean }) {
  return <Text size="xs" c="dimmed" {...props} />;
}
