// 404: a URL without a page.

import { EmptyState } from '@mantine/core';
import { IconMapOff } from '@tabler/icons-react';
import { ButtonTo } from '../links.tsx';

export function NotFound() {
  return (
    <EmptyState
      py={80}
      icon={<IconMapOff stroke={1.5} />}
      title="There is no page at this address"
      description="It may have been mistyped, or belong to another version of Faultline."
      data-testid="not-found"
    >
      <title>Not found · Faultline</title>
      <EmptyState.Actions>
        <ButtonTo to="/">To the dashboard</ButtonTo>
      </EmptyState.Actions>
    </EmptyState>
  );
}
