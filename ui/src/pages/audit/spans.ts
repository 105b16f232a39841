// How far back the audit of the system goes, and what the page is asked for in its address.

const HOUR_MS = 3_600_000;

export const AUDIT_SPANS = {
  hour: { label: 'Last hour', ms: HOUR_MS },
  day: { label: 'Last day', ms: 24 * HOUR_MS },
  month: { label: 'Last 30 days', ms: 30 * 24 * HOUR_MS },
} as const;
export type AuditSpan = keyof typeof AUDIT_SPANS;

/** One of the ids, or none for the system. */
export interface AuditSearch {
  command_id?: string | undefined;
  process_id?: string | undefined;
  batch_id?: string | undefined;
  /** With a batch: only what concerns all of it. */
  level?: 'system' | undefined;
  span?: AuditSpan | undefined;
}
