// What was consumed: it is gone from its queue, so this is the last place to read or copy it.

import { Button, Group, Stack, Text } from '@mantine/core';
import type { Reply } from '../../../../src/http/contract.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { pluralize } from '../../parts/format.ts';
import { JsonView } from '../../parts/json-view.tsx';

export function Consumed({ replies, onClose }: { replies: Reply[] | null; onClose: () => void }) {
  const count = replies?.length ?? 0;
  return (
    <Dialog opened={count > 0} onClose={onClose} title={`${pluralize(count, 'reply', 'replies')} consumed`}>
      <Stack data-testid="consumed">
        <Text size="sm">Gone from the queue; here for the last time.</Text>
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
