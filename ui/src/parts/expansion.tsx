// Rows that can be unfolded: which ones are, and the button of each.

import { ActionIcon, SimpleGrid } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { Chevron } from './chevron.tsx';

export interface Expansion {
  isOpened: (id: string) => boolean;
  /** `label` for screen readers: "Details of reply 4f2a". */
  button: (id: string, label: string) => ReactNode;
}

export function useExpansion(): Expansion {
  const [opened, setOpened] = useState<readonly string[]>([]);
  const isOpened = (id: string) => opened.includes(id);
  const toggle = (id: string) =>
    setOpened((current) => (current.includes(id) ? current.filter((other) => other !== id) : [...current, id]));
  return {
    isOpened,
    button: (id, label) => (
      <ActionIcon
        variant="subtle"
        color="gray"
        size="sm"
        onClick={() => toggle(id)}
        aria-expanded={isOpened(id)}
        aria-label={label}
      >
        <Chevron opened={isOpened(id)} />
      </ActionIcon>
    ),
  };
}

/** What an unfolded row shows: facts on the left, a document on the right. */
export function RowDetail({ children, testId }: { children: ReactNode; testId: string }) {
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="lg" py="xs" data-testid={testId}>
      {children}
    </SimpleGrid>
  );
}
