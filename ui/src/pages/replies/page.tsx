// Replies that nobody has taken yet: by queue or by batch, looked at without taking them, consumed, deleted or given to their process.

import { EmptyState, Grid } from '@mantine/core';
import { IconMailbox } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { Reply } from '../../../../src/http/contract.ts';
import type { Page } from '../../api/client.ts';
import { replyListQuery } from '../../api/replies.ts';
import { ClearFilters, Scope } from '../../parts/filters.tsx';
import { Pager } from '../../parts/pager.tsx';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { QueueActions } from './queue-actions.tsx';
import { QueueList } from './queue-list.tsx';
import { ReplyTable } from './table.tsx';

const route = getRouteApi('/replies');

export default function RepliesPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { cursor: _cursor, ...filter } = search;
  const replies = useQuery(replyListQuery(search));
  const filtered = search.queue !== undefined || search.batch_id !== undefined;
  const clear = () => navigate({ search: {} });
  return (
    <>
      <PageHead
        title="Replies"
        description="Answers that nobody has taken yet. Looking takes nothing."
        badges={
          search.batch_id && (
            <Scope word="batch" id={search.batch_id} onRemove={() => navigate({ search: { queue: search.queue } })} />
          )
        }
        actions={filtered && <ClearFilters onClear={clear} />}
      />
      <Grid gap="md" align="flex-start">
        <Grid.Col span={{ base: 12, md: 3 }}>
          <Panel title="Queues" flush testId="reply-queues">
            <QueueList chosen={search.queue} onChoose={(queue) => navigate({ search: { ...filter, queue } })} />
          </Panel>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 9 }}>
          <Panel
            title={search.queue ?? 'All queues'}
            flush
            testId="replies"
            actions={search.queue && <QueueActions key={search.queue} queue={search.queue} />}
          >
            <QueryView query={replies}>
              {(page) => <Replies page={page} filtered={filtered} onClear={clear} />}
            </QueryView>
          </Panel>
        </Grid.Col>
      </Grid>
    </>
  );
}

function Replies({ page, filtered, onClear }: { page: Page<Reply>; filtered: boolean; onClear: () => void }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  if (page.items.length === 0) {
    return (
      <EmptyState
        py={48}
        icon={<IconMailbox stroke={1.5} />}
        title={filtered ? 'No reply waits here' : 'No reply waits to be taken'}
        description={
          filtered ? undefined : 'A command that names a queue to reply to is answered there when it is settled.'
        }
        data-testid="replies-empty"
      >
        {filtered && (
          <EmptyState.Actions>
            <ClearFilters onClear={onClear} />
          </EmptyState.Actions>
        )}
      </EmptyState>
    );
  }
  return (
    <>
      <ReplyTable replies={page.items} withQueue={search.queue === undefined} />
      <Pager
        shown={page.items.length}
        cursor={search.cursor}
        nextCursor={page.next_cursor}
        onPage={(cursor, pagesBefore) => navigate({ search: { ...search, cursor }, state: { pagesBefore } })}
      />
    </>
  );
}
