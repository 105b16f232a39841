// The troubleshooting queue and its verbs.

import { z } from 'zod';
import { idSchema, pageQuery, shortText, time } from './fields.ts';

export const tsqQuerySchema = z.strictObject({
  ...pageQuery,
  batch_id: idSchema.optional(),
  domain: z.string().min(1).max(64).optional(),
  type: z.string().min(1).max(64).optional(),
  error_code: z.string().min(1).max(100).optional(),
  /** true: parked by an injected fault; false: by a real failure. */
  injected: z.stringbool({ truthy: ['true'], falsy: ['false'] }).optional(),
});
export type TsqQuery = z.infer<typeof tsqQuerySchema>;

/** `advance_failed` items are processes whose own code threw; their command is done and the verbs act on the process. */
export const tsqItemSchema = z.object({
  command_id: idSchema,
  kind: z.enum(['command', 'advance_failed']),
  domain: z.string(),
  type: z.string(),
  purpose: z.string(),
  process_id: idSchema.nullable(),
  batch_id: idSchema.nullable(),
  step: z.string().nullable(),
  attempts: z.number().int(),
  max_attempts: z.number().int(),
  error_code: z.string().nullable(),
  error_message: z.string().nullable(),
  error_group: z.string().nullable(),
  reason: z.string().nullable(),
  /** The injected fault of its last attempt, or null for a real failure. */
  fault: z.string().nullable(),
  payload: z.unknown(),
  parked_at: time,
});
export type TsqItem = z.infer<typeof tsqItemSchema>;

export const verbBodySchema = z.strictObject({
  reason: shortText(1000).optional(),
  actor: shortText(100).optional(),
  /** Any JSON: what the handler would have returned. */
  result: z.unknown().optional(),
});
export type VerbBody = z.infer<typeof verbBodySchema>;
/** Cancelling must say why. */
export const cancelBodySchema = verbBodySchema.extend({ reason: shortText(1000) });
export const verbAnswerSchema = z.object({ command_id: idSchema, status: z.string() });
