// The verbs of a whole queue: consume the oldest replies, or delete all.

import { Button, Group, NumberInput, Stack, Text } from '@mantine/core';
import { IconInboxOff, IconMailOpened } from '@tabler/icons-react';
import { useState } from 'react';
import type { Reply } from '../../../../src/http/contract.ts';
import { LIMITS } from '../../../../src/model/limits.ts';
import { Action } from '../../parts/action.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { type NumberText, wholeNumberError } from '../../parts/form/checks.ts';
import { pluralize } from '../../parts/format.ts';
import { JsonView } from '../../parts/json-view.tsx';
import { useClearQueue, useConsume } from './verbs.tsx';

export function QueueActions({ queue }: { queue: string }) {
  const consume = useConsume(queue);
  const clear = useClearQueue(queue);
  const [limit, setLimit] = useState<NumberText>(10);
  const isValid = wholeNumberError(limit, LIMITS.reply_count) === null;
  return (
    <Group gap="xs">
      <NumberInput
        w={84}
        size="xs"
        aria-label="How many to consume"
        value={limit}
        onChange={setLimit}
        error={!isValid}
        {...LIMITS.reply_count}
      />
      <Action
        icon={IconMailOpened}
        disabled={!isValid}
        loading={consume.isPending}
        onClick={() => consume.mutate(Number(limit))}
        data-testid="consume"
      >
        Consume
      </Action>
      <Action icon={IconInboxOff} c="red" onClick={clear.ask} loading={clear.busy} data-testid="clear-queue">
        Clear
      </Action>
      <Consumed replies={consume.data?.items ?? []} onClose={consume.reset} />
      {clear.dialog}
    </Group>
  );
}

/** Consumed replies are in the answer only, so this is the last place to read them. */
function Consumed({ replies, onClose }: { replies: Reply[]; onClose: () => void }) {
  const title = `${pluralize(replies.length, 'reply', 'replies')} consumed`;
  return (
    <Dialog opened={replies.length > 0} onClose={onClose} title={title}>
      <Stack data-testid="consumed">
        <Text size="sm">Removed from the queue. Copy them now if you need them.</Text>
        <JsonView value={replies} label="Consumed replies" />
        <Group justify="flex-end">
          <Button onClick={onClose} data-autofocus>
            Done
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
