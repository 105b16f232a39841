// The audit: everything that happened to a command, a process, a batch or the whole system.

import { Button, Paper } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import { type InfiniteData, useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { AuditEvent, Page } from '../../../../src/http/contract.ts';
import { type AuditSubject, auditQuery } from '../../api/audit.ts';
import { Empty } from '../../parts/empty.tsx';
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
  // Fixed until the span changes: a moving start would be a new query each time.
  const from = useMemo(() => new Date(Date.now() - AUDIT_SPANS[span].ms).toISOString(), [span]);
  const isSystem = command_id === undefined && process_id === undefined && batch_id === undefined;
  const subject: AuditSubject = isSystem
    ? { from, level: 'system', order: 'desc' }
    : { command_id, process_id, batch_id, level };
  return (
    <>
      <PageHead
        title="Audit"
        description={
          isSystem
            ? 'Events of batches and of the whole system, newest first.'
            : 'The record of every state change, oldest first.'
        }
      />
      <Lookup search={search} span={span} onLookup={(asked) => navigate({ search: asked })} />
      <Paper withBorder style={{ overflow: 'hidden' }}>
        <Events
          // Unfolded events belong to one subject.
          key={JSON.stringify(subject)}
          subject={subject}
          empty={isSystem ? 'Nothing happened to the system in this time' : 'Nothing is recorded under this id'}
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
          return <Empty icon={IconHistory} title={empty} testId="audit-empty" />;
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
