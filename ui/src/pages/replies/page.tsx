// Replies that are not consumed yet, by queue or by batch: read, consumed, deleted or delivered to their process.

import { Grid } from '@mantine/core';
import { IconMailbox } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { replyListQuery } from '../../api/replies.ts';
import { Empty } from '../../parts/empty.tsx';
import { ClearFilters, Scope } from '../../parts/filters.tsx';
import { ListView } from '../../parts/list-view.tsx';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { QueueActions } from './queue-actions.tsx';
import { QueueList } from './queue-list.tsx';
import { ReplyTable } from './table.tsx';

const route = getRouteApi('/replies');

export default function RepliesPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { queue, batch_id, cursor } = search;
  const replies = useQuery(replyListQuery(search));
  const clear = (queue !== undefined || batch_id !== undefined) && (
    <ClearFilters onClear={() => navigate({ search: {} })} />
  );
  const empty = clear ? (
    <Empty icon={IconMailbox} title="No reply waits here" testId="replies-empty">
      {clear}
    </Empty>
  ) : (
    <Empty
      icon={IconMailbox}
      title="No reply waits to be consumed"
      description="A command sent with a reply queue is answered there when it is settled."
      testId="replies-empty"
    />
  );
  return (
    <>
      <PageHead
        title="Replies"
        description="Answers that are not consumed yet. Reading them here consumes nothing."
        badges={batch_id && <Scope word="batch" id={batch_id} onRemove={() => navigate({ search: { queue } })} />}
        actions={clear}
      />
      <Grid gap="md" align="flex-start">
        <Grid.Col span={{ base: 12, md: 3 }}>
          <Panel title="Queues" flush testId="reply-queues">
            <QueueList chosen={queue} onChoose={(chosen) => navigate({ search: { batch_id, queue: chosen } })} />
          </Panel>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 9 }}>
          <Panel
            title={queue ?? 'All queues'}
            flush
            testId="replies"
            actions={queue && <QueueActions key={queue} queue={queue} />}
          >
            <ListView
              query={replies}
              empty={empty}
              cursor={cursor}
              onPage={(next, pagesBefore) => navigate({ search: { ...search, cursor: next }, state: { pagesBefore } })}
            >
              {(rows) => <ReplyTable replies={rows} withQueue={queue === undefined} />}
            </ListView>
          </Panel>
        </Grid.Col>
      </Grid>
    </>
  );
}
