// The audit: everything that happened to a command, a process, a batch or the whole system, in order, with the time between.

import { Button, EmptyState, Paper } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import type { InfiniteData } from '@tanstack/react-query';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { AuditEvent } from '../../../../src/http/contract.ts';
import { type AuditSubject, auditQuery } from '../../api/audit.ts';
import type { Page } from '../../api/client.ts';
import { PageHead } from '../../parts/panel.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { EventTimeline } from './event-timeline.tsx';
import { Lookup } from './lookup.tsx';
import { AUDIT_SPANS } from './search.ts';

const route = getRouteApi('/audit');

export default function AuditPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { span = 'hour', command_id, process_id, batch_id, level } = search;
  // Fixed until another span is chosen: a moment that moves would be another question each time.
  const from = useMemo(() => new Date(Date.now() - AUDIT_SPANS[span].ms).toISOString(), [span]);
  const of_system = command_id === undefined && process_id === undefined && batch_id === undefined;
  const subject: AuditSubject = of_system
    ? { from, level: 'system', order: 'desc' }
    : { command_id, process_id, batch_id, level };
  return (
    <>
      <PageHead
        title="Audit"
        description={
          of_system
            ? 'What happened to batches and to all of the system, newest first.'
            : 'The record of every state change, oldest first.'
        }
      />
      <Lookup search={search} span={span} onLookup={(asked) => navigate({ search: asked })} />
      <Paper withBorder style={{ overflow: 'hidden' }}>
        <Events
          // What is unfolded belongs to one subject.
          key={JSON.stringify(subject)}
          subject={subject}
          empty={of_system ? 'Nothing happened to the system in this time' : 'Nothing is recorded under this id'}
        />
      </Paper>
    </>
  );
}

function Events({ subject, empty }: { subject: AuditSubject; empty: string }) {
  const events = useInfiniteQuery(auditQuery(subject));
  return (
    <QueryView<InfiniteData<Page<AuditEvent>>> query={events}>
      {({ pages }) => {
        const items = pages.flatMap((page) => page.items);
        if (items.length === 0) {
          return <EmptyState py={48} icon={<IconHistory stroke={1.5} />} title={empty} data-testid="audit-empty" />;
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
