// The audit of a command, a process, a batch or the whole system.

import { infiniteQueryOptions } from '@tanstack/react-query';
import type { AuditEvent } from '../../../src/http/contract.ts';
import { get, type Page } from './client.ts';

/** One of the three ids, or the system since a time. */
export interface AuditSubject {
  command_id?: string | undefined;
  process_id?: string | undefined;
  batch_id?: string | undefined;
  /** As an ISO time. */
  from?: string | undefined;
  /** Only events that concern no single command or process. */
  level?: 'system' | undefined;
  /** With a level; the default is oldest first. */
  order?: 'desc' | undefined;
}

export const auditQuery = (subject: AuditSubject) =>
  infiniteQueryOptions({
    queryKey: ['audit', subject],
    queryFn: ({ pageParam: cursor, signal }) =>
      get<Page<AuditEvent>>('/audit', { ...subject, limit: 100, cursor })({ signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
