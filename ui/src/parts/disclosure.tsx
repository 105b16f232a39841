// Content that is folded away until it is opened.

import { Button, Collapse } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { Chevron } from './chevron.tsx';

export function Disclosure({ label, children }: { label: string; children: ReactNode }) {
  const [opened, { toggle }] = useDisclosure(false);
  return (
    <div>
      <Button
        variant="transparent"
        color="gray"
        size="compact-xs"
        px={0}
        leftSection={<Chevron opened={opened} size={13} />}
        onClick={toggle}
        aria-expanded={opened}
      >
        {label}
      </Button>
      <Collapse expanded={opened} keepMounted={false}>
        {children}
      </Collapse>
    </div>
  );
}
