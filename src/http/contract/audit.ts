// The audit.

import { z } from 'zod';
import { count, documentOut, idSchema, pageQuery, time } from './fields.ts';

const MAX_WINDOW_MS = 24 * 3_600_000;

/**
 * Exactly one of command_id, process_id, batch_id, or a window of at most 24 hours (of any length with `level=system`).
 */
export const auditQuerySchema = z
  .strictObject({
    ...pageQuery,
    command_id: idSchema.optional(),
    process_id: idSchema.optional(),
    batch_id: idSchema.optional(),
    from: z.iso.datetime({ offset: true }).optional(),
    to: z.iso.datetime({ offset: true }).optional(),
    level: z
      .literal('system')
      .optional()
      .describe('Only events that concern no single command or process; needs a batch_id or a window.'),
    order: z.enum(['asc', 'desc']).optional().describe('With level=system: oldest first (asc), or newest first.'),
  })
  .superRefine((query, context) => {
    const issue = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    const subjects = [query.command_id, query.process_id, query.batch_id].filter((id) => id !== undefined).length;
    const windowed = query.from !== undefined || query.to !== undefined;
    if (subjects + (windowed ? 1 : 0) !== 1) {
      return issue('command_id', 'give exactly one of command_id, process_id, batch_id, or a window from..to');
    }
    if (query.level !== undefined && query.batch_id === undefined && !windowed)
      return issue('level', 'needs a batch_id or a window from..to');
    if (query.order !== undefined && query.level === undefined) issue('order', 'needs level=system');
    if (!windowed) return;
    if (query.from === undefined) return issue('from', 'is required with to');
    const length_ms = Date.parse(query.to ?? new Date().toISOString()) - Date.parse(query.from);
    if (length_ms < 0) issue('from', 'must not be after to');
    else if (length_ms > MAX_WINDOW_MS && query.level === undefined)
      issue('to', 'must be at most 24 hours after from, unless level is system');
  });
export type AuditQuery = z.infer<typeof auditQuerySchema>;

export const auditEventSchema = z.object({
  at: time,
  type: z.string(),
  command_id: idSchema.nullable(),
  process_id: idSchema.nullable(),
  batch_id: idSchema.nullable(),
  batch_kind: z.enum(['process', 'command']).nullable(),
  step: z.string().nullable(),
  attempt: count.nullable(),
  fault: z.string().nullable(),
  details: documentOut,
});
export type AuditEvent = z.infer<typeof auditEventSchema>;
