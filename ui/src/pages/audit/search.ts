// The search parameters of the audit: one of the ids, or none for the whole system.

import { oneOf, searchOf, text } from '../../parts/search.ts';

const HOUR_MS = 3_600_000;

/** How far back the audit of the system goes. */
export const AUDIT_SPANS = {
  hour: { label: 'Last hour', ms: HOUR_MS },
  day: { label: 'Last day', ms: 24 * HOUR_MS },
  month: { label: 'Last 30 days', ms: 30 * 24 * HOUR_MS },
} as const;
export type AuditSpan = keyof typeof AUDIT_SPANS;

/** `level=system`, with a batch: only events of the batch as a whole. */
const readSearch = searchOf({
  command_id: text,
  process_id: text,
  batch_id: text,
  level: oneOf({ system: true }),
  span: oneOf(AUDIT_SPANS),
});
export type AuditSearch = ReturnType<typeof readSearch>;

export function auditSearch(search: Record<string, unknown>): AuditSearch {
  const read = readSearch(search);
  return read.batch_id === undefined ? { ...read, level: undefined } : read;
}
