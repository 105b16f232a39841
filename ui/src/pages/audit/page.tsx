// The audit: everything that happened to a command, a process or a batch, in order, with the time between.

import { Button, EmptyState, Paper } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import type { InfiniteData } from '@tanstack/react-query';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { AuditEvent } from '../../../../src/http/contract.ts';
import { type AuditSubject, auditQuery } from '../../api/audit.ts';
import type { Page } from '../../api/client.ts';
import { PageHead } from '../../parts/panel.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { EventTimeline } from './event-timeline.tsx';
import { Lookup } from './lookup.tsx';

const route = getRouteApi('/audit');

export default function AuditPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const asked = search.command_id ?? search.process_id ?? search.batch_id;
  return (
    <>
      <PageHead title="Audit" description="The record of every state change, oldest first." />
      <Lookup subject={search} onLookup={(subject) => navigate({ search: subject })} />
      <Paper withBorder style={{ overflow: 'hidden' }}>
        {asked ? (
          <Events subject={search} />
        ) : (
          <EmptyState
            py={64}
            icon={<IconHistory stroke={1.5} />}
            title="Look something up"
            description="Give the id of a command, a process or a batch. Their pages link here, too."
          />
        )}
      </Paper>
    </>
  );
}

function Events({ subject }: { subject: AuditSubject }) {
  const events = useInfiniteQuery(auditQuery(subject));
  return (
    <QueryView<InfiniteData<Page<AuditEvent>>> query={events}>
      {({ pages }) => {
        const items = pages.flatMap((page) => page.items);
        if (items.length === 0) {
          return (
            <EmptyState
              py={48}
              icon={<IconHistory stroke={1.5} />}
              title="Nothing is recorded under this id"
              data-testid="audit-empty"
            />
          );
        }
        return (
          <>
            <EventTimeline events={items} subject={subject} />
            {events.hasNextPage && (
              <Button
                variant="subtle"
                fullWidth
                radius={0}
                size="sm"
                loading={events.isFetchingNextPage}
                onClick={() => events.fetchNextPage()}
              >
                Show more
              </Button>
            )}
          </>
        );
      }}
    </QueryView>
  );
}
