// The reply of a command: not sent yet, waiting in its queue, or consumed.

import { Group, Text } from '@mantine/core';
import type { CommandDetail } from '../../../../src/http/contract.ts';
import { LinkTo } from '../../parts/links.tsx';
import { Panel } from '../../parts/panel.tsx';
import { displayOf, isSettled, REPLY_DISPLAY } from '../../parts/status.ts';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { Moment } from '../../parts/time.tsx';

export function CommandReply({ command }: { command: CommandDetail }) {
  const { reply, reply_to, process_id } = command;
  if (!reply && !reply_to) return null;
  const queue = reply?.queue ?? reply_to ?? '';
  return (
    <Panel title="Reply" testId="reply">
      <Group gap="xs" mb={4}>
        {reply && <StatusBadge display={displayOf(REPLY_DISPLAY, reply.outcome)} />}
        <LinkTo to="/replies" search={{ queue }} size="sm" style={{ overflowWrap: 'anywhere' }}>
          {queue}
        </LinkTo>
      </Group>
      <Text size="xs" c="dimmed">
        {reply ? (
          <>
            Waiting to be {process_id ? 'taken by its process' : 'consumed'} since <Moment at={reply.created_at} />
          </>
        ) : isSettled(command.status) ? (
          'Consumed.'
        ) : (
          'Sent when the command is settled.'
        )}
      </Text>
    </Panel>
  );
}
