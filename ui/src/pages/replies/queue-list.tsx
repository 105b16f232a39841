// The queues that hold replies, with how many and since when; one is chosen by its name.

import { Text, UnstyledButton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { replyQueuesQuery } from '../../api/replies.ts';
import { formatCount } from '../../parts/format.ts';
import { QueryView } from '../../parts/query-view.tsx';
import { Ago } from '../../parts/time.tsx';
import classes from './replies.module.css';

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
            None holds a reply.
          </Text>
        ) : (
          <ul className={classes.queues}>
            {items.map(({ queue, count, kept_count, oldest_at }) => (
              <li key={queue}>
                <UnstyledButton
                  className={classes.queue}
                  onClick={() => onChoose(queue === chosen ? undefined : queue)}
                  aria-pressed={queue === chosen}
                  data-queue={queue}
                >
                  <span className={classes.queueHead}>
                    <span className={classes.queueName}>{queue}</span>
                    <b>{formatCount(count)}</b>
                  </span>
                  <Text span size="xs" c="dimmed">
                    oldest <Ago at={oldest_at} />
                    {kept_count > 0 && `, ${formatCount(kept_count)} kept for a process`}
                  </Text>
                </UnstyledButton>
              </li>
            ))}
          </ul>
        )
      }
    </QueryView>
  );
}
