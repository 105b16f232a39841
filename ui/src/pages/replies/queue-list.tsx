// The queues that hold replies, to choose from.

import { NavLink, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { replyQueuesQuery } from '../../api/replies.ts';
import { formatCount } from '../../parts/format.ts';
import { QueryView } from '../../parts/query-view.tsx';
import { Ago } from '../../parts/time.tsx';

export interface QueueListProps {
  chosen: string | undefined;
  onChoose: (queue: string | undefined) => void;
}

export function QueueList({ chosen, onChoose }: QueueListProps) {
  const queues = useQuery(replyQueuesQuery);
  return (
    <QueryView query={queues}>
      {({ items }) =>
        items.length === 0 ? (
          <Text size="sm" c="dimmed" px="md" pb="md">
            No queue holds a reply.
          </Text>
        ) : (
          items.map(({ queue, count, kept_count, oldest_at }) => (
            <NavLink
              key={queue}
              component="button"
              active={queue === chosen}
              aria-pressed={queue === chosen}
              onClick={() => onChoose(queue === chosen ? undefined : queue)}
              label={queue}
              description={
                <>
                  oldest <Ago at={oldest_at} />
                  {kept_count > 0 && `, ${formatCount(kept_count)} kept for a process`}
                </>
              }
              rightSection={<b>{formatCount(count)}</b>}
              data-queue={queue}
            />
          ))
        )
      }
    </QueryView>
  );
}
