// What can be done with a whole queue: take the oldest replies, or throw all of them away.

import { Button, Group, NumberInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconInboxOff, IconMailOpened } from '@tabler/icons-react';
import { useState } from 'react';
import { type NumberText, numberOf } from '../../parts/form/checks.ts';
import { VerbDialog } from '../../parts/form/verb-dialog.tsx';
import { Consumed } from './consumed.tsx';
import { useReplyVerbs } from './use-reply-verbs.ts';

const MOST = 1_000;

export function QueueActions({ queue }: { queue: string }) {
  const { consume, clear } = useReplyVerbs();
  const [opened, { open, close }] = useDisclosure(false);
  const [limit, setLimit] = useState<NumberText>(10);
  const count = numberOf(limit);
  const valid = count !== null && Number.isInteger(count) && count >= 1 && count <= MOST;
  return (
    <Group gap="xs">
      <NumberInput
        w={84}
        size="xs"
        aria-label="How many to consume"
        value={limit}
        onChange={setLimit}
        error={!valid}
        min={1}
        max={MOST}
      />
      <Button
        variant="default"
        leftSection={<IconMailOpened size={15} />}
        disabled={!valid}
        loading={consume.isPending}
        onClick={() => valid && consume.mutate({ queue, limit: count })}
        data-testid="consume"
      >
        Consume
      </Button>
      <Button
        variant="default"
        c="red"
        leftSection={<IconInboxOff size={15} />}
        onClick={open}
        loading={clear.isPending}
        data-testid="clear-queue"
      >
        Clear
      </Button>
      <Consumed replies={consume.data?.items ?? null} onClose={consume.reset} />
      <VerbDialog
        title={`Clear ${queue}?`}
        opened={opened}
        onClose={close}
        onConfirm={() => clear.mutate(queue)}
        confirm="Delete all replies"
        keep="Keep them"
      >
        Every reply that was asked for is deleted, and nobody will ever read it. What is kept for a process stays.
      </VerbDialog>
    </Group>
  );
}
