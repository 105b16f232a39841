// The troubleshooting queue and its verbs.

import { z } from 'zod';
import { LIMITS, MAX_LENGTH } from '../../model/limits.ts';
import { actorSchema, count, documentOut, idSchema, pageOf, pageQuery, shortText, time, timeOrNull } from './fields.ts';

const filterFields = {
  batch_id: idSchema.optional(),
  process_id: idSchema.optional(),
  domain: z.string().min(1).max(64).optional(),
  type: z.string().min(1).max(64).optional(),
  error_code: z.string().min(1).max(100).optional(),
  /** An error code with the shape of its message, as in items and groups. */
  error_group: z.string().min(1).max(500).optional(),
};
/** true: parked by an injected fault; false: by a real failure. */
const injectedQuery = z.stringbool({ truthy: ['true'], falsy: ['false'] }).optional();

export const tsqFilterQuerySchema = z.strictObject({ ...filterFields, injected: injectedQuery });
export const tsqQuerySchema = tsqFilterQuerySchema.extend(pageQuery);

export const tsqCountSchema = z.object({ count: count });
export type TsqCount = z.infer<typeof tsqCountSchema>;

/** `advance_failed`: the code of the process threw; the command is settled, and the verbs act on the process. */
export const tsqItemSchema = z.object({
  command_id: idSchema,
  kind: z.enum(['command', 'advance_failed']),
  domain: z.string(),
  type: z.string(),
  purpose: z.string(),
  process_id: idSchema.nullable(),
  batch_id: idSchema.nullable(),
  step: z.string().nullable(),
  attempts: count,
  max_attempts: count,
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
  reason: shortText(MAX_LENGTH.reason).optional(),
  actor: actorSchema.optional(),
  /** Any JSON: the result of the handler. */
  result: z.unknown().optional(),
});
export type VerbBody = z.infer<typeof verbBodySchema>;
export const cancelBodySchema = verbBodySchema.omit({ result: true }).extend({ reason: shortText(MAX_LENGTH.reason) });
export const verbAnswerSchema = z.object({ command_id: idSchema, status: z.string() });
export type VerbAnswer = z.infer<typeof verbAnswerSchema>;

/** Items with the same cause. */
export const tsqGroupSchema = z.object({
  error_group: z.string(),
  error_code: z.string().nullable(),
  injected: z.boolean(),
  domain: z.string(),
  type: z.string(),
  count: count,
  oldest_at: time,
  newest_at: time,
  sample_command_id: idSchema,
  sample_message: z.string().nullable(),
});
export type TsqGroup = z.infer<typeof tsqGroupSchema>;
/** At most 200, largest first; `count` is that of all items that match. */
export const tsqGroupsSchema = z.object({ count: count, groups: z.array(tsqGroupSchema) });
export type TsqGroups = z.infer<typeof tsqGroupsSchema>;

export const JOB_VERBS = ['retry', 'cancel', 'complete'] as const;
export const JOB_STATUSES = ['RUNNING', 'COMPLETED', 'ABORTED'] as const;

/** `all`, or items that match every given field, or `command_ids` alone. */
export const tsqJobFilterSchema = z.strictObject({
  ...filterFields,
  injected: z.boolean().optional(),
  all: z.literal(true).optional(),
  command_ids: z.array(idSchema).max(LIMITS.job_commands.max).optional(),
});
export type TsqJobFilter = z.infer<typeof tsqJobFilterSchema>;

export const tsqJobBodySchema = z.strictObject({
  verb: z.enum(JOB_VERBS),
  filter: tsqJobFilterSchema,
  reason: shortText(MAX_LENGTH.reason).optional(),
  actor: actorSchema.optional(),
  /** For `complete`: any JSON, used as the result of the handlers. */
  result: z.unknown().optional(),
});
export type TsqJobBody = z.infer<typeof tsqJobBodySchema>;
export const tsqJobStartedSchema = z.object({ job_id: idSchema, total_count: count });
export type TsqJobStarted = z.infer<typeof tsqJobStartedSchema>;

export const tsqJobSchema = z.object({
  job_id: idSchema,
  verb: z.enum(JOB_VERBS),
  /** As requested; `{"selected": 12}` for `command_ids`. */
  filter: documentOut,
  reason: z.string().nullable(),
  actor: z.string(),
  status: z.enum(JOB_STATUSES),
  total_count: count,
  done_count: count,
  /** Refused, for example because another operator was faster. */
  failed_count: count,
  /** 0 to 1. */
  progress: z.number(),
  rate_per_second: z.number().nullable(),
  eta_ms: z.number().nullable(),
  began_at: time,
  completed_at: timeOrNull,
  aborted_by: z.string().nullable(),
});
export type TsqJob = z.infer<typeof tsqJobSchema>;

export const tsqJobFailureSchema = z.object({
  command_id: idSchema,
  error_code: z.string(),
  error_message: z.string(),
  at: time,
});

/** `limit` and `cursor` page through the failures. */
export const tsqJobDetailSchema = tsqJobSchema.extend({ failures: pageOf(tsqJobFailureSchema) });
export type TsqJobDetail = z.infer<typeof tsqJobDetailSchema>;

export const tsqAbortBodySchema = z.strictObject({ actor: actorSchema.optional() });
export const tsqAbortAnswerSchema = z.object({ job_id: idSchema, status: z.enum(JOB_STATUSES) });
