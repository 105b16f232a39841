// The audit of a command, a process, a batch or the whole system.

import { infiniteQueryOptions } from '@tanstack/react-query';
import type { AuditEvent, Page } from '../../../src/http/contract.ts';
import { request, withQuery } from './client.ts';

/** One of the three ids, or the system since a moment. */
export interface AuditSubject {
  command_id?: string | undefined;
  process_id?: string | undefined;
  batch_id?: string | undefined;
  /** As an ISO time. */
  from?: string | undefined;
  /** Only what concerns no single command or process. */
  level?: 'system' | undefined;
  /** With a level; oldest first if not given. */
  order?: 'desc' | undefined;
}

export const auditQuery = (subject: AuditSubject) =>
  infiniteQueryOptions({
    queryKey: ['audit', subject],
    queryFn: ({ pageParam, signal }) =>
      request<Page<AuditEvent>>(withQuery('/audit', { ...subject, limit: 100, cursor: pageParam }), { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
