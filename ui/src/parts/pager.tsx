// Keyset paging: forward by the cursor in the URL, back by the history.
// Rows are not counted, so there are no page numbers.

import { Button, Group, Text } from '@mantine/core';
import { IconChevronLeft, IconChevronRight, IconChevronsLeft } from '@tabler/icons-react';
import { useRouter, useRouterState } from '@tanstack/react-router';
import { formatCount } from './format.ts';

declare module '@tanstack/react-router' {
  interface HistoryState {
    /** How many pages of the list are before this one in the history. */
    pagesBefore?: number;
  }
}

export interface PagerProps {
  shown: number;
  cursor: string | undefined;
  nextCursor: string | null;
  /** Goes to the page at the cursor, or to the first one. */
  onPage: (cursor: string | undefined, pagesBefore: number) => void;
}

export function Pager({ shown, cursor, nextCursor, onPage }: PagerProps) {
  const router = useRouter();
  const pagesBefore = useRouterState({ select: (state) => state.location.state.pagesBefore ?? 0 });
  if (!cursor && !nextCursor) return null;
  return (
    <Group justify="space-between" px="md" py="xs" component="nav" aria-label="Pages" data-testid="pager">
      <Text size="xs" c="dimmed">
        {formatCount(shown)} on this page
      </Text>
      <Group gap="xs">
        {cursor && (
          <Button
            size="compact-sm"
            variant="subtle"
            color="gray"
            onClick={() => onPage(undefined, 0)}
            leftSection={<IconChevronsLeft size={14} />}
          >
            First
          </Button>
        )}
        {pagesBefore > 0 && (
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => router.history.back()}
            leftSection={<IconChevronLeft size={14} />}
          >
            Previous
          </Button>
        )}
        <Button
          size="compact-sm"
          variant="default"
          disabled={!nextCursor}
          onClick={() => nextCursor && onPage(nextCursor, pagesBefore + 1)}
          rightSection={<IconChevronRight size={14} />}
        >
          Next
        </Button>
      </Group>
    </Group>
  );
}
