// Command batches: commands that are counted together, and whose end is told by a reply.

import { z } from 'zod';
import { COMMAND_STATUSES } from '../../model/command.ts';
import { LIMITS, MAX_LENGTH } from '../../model/limits.ts';
import { BATCH_STATUSES } from '../../model/process.ts';
import { commandListSchema, commandTemplateSchema } from './commands.ts';
import { documentSchema, idSchema, pageQuery, queueSchema, shortText, time, timeOrNull, whole } from './fields.ts';
import { seedSchema } from './process-batches.ts';

/** Either `count` with `template`, or `commands`, or neither: then it is open, and commands are added to it. */
export const newCommandBatchSchema = z.strictObject({
  name: shortText(MAX_LENGTH.label).optional(),
  /** Anything of the sender's own, shown as it is. */
  custom: documentSchema.optional(),
  /** The queue that is told when the batch ended. Commands have a reply_to of their own. */
  reply_to: queueSchema.optional(),
  /** An open batch takes more commands and does not end. Closed unless it begins empty. */
  closed: z.boolean().optional(),
  seed: seedSchema.optional(),
  count: whole(LIMITS.batch_count).optional(),
  template: commandTemplateSchema.optional(),
  commands: commandListSchema.optional(),
});
export type NewCommandBatch = z.input<typeof newCommandBatchSchema>;

export const commandBatchAnswerSchema = z.object({
  batch_id: idSchema,
  status: z.enum(BATCH_STATUSES),
  total_count: z.number().int(),
  seed: z.string(),
  /** Of `commands`, in their order; empty for `count`. */
  command_ids: z.array(idSchema),
});
export type CommandBatchAnswer = z.infer<typeof commandBatchAnswerSchema>;

export const addCommandsSchema = z.strictObject({ commands: commandListSchema });
export const addCommandsAnswerSchema = z.object({
  batch_id: idSchema,
  total_count: z.number().int(),
  command_ids: z.array(idSchema),
});
export const commandBatchVerbAnswerSchema = z.object({
  batch_id: idSchema,
  status: z.enum(BATCH_STATUSES),
  closed_at: timeOrNull,
});

export const commandBatchesQuerySchema = z.strictObject({ ...pageQuery, status: z.enum(BATCH_STATUSES).optional() });

export const commandBatchSchema = z.object({
  batch_id: idSchema,
  name: z.string().nullable(),
  status: z.enum(BATCH_STATUSES),
  custom: z.record(z.string(), z.unknown()).nullable(),
  reply_to: z.string().nullable(),
  /** Null while it takes more commands. */
  closed_at: timeOrNull,
  /** total = not created + completed + failed + canceled + waiting + in troubleshooting. */
  total_count: z.number().int(),
  created_count: z.number().int(),
  completed_count: z.number().int(),
  failed_count: z.number().int(),
  canceled_count: z.number().int(),
  /** Pending or in progress. */
  waiting_count: z.number().int(),
  in_troubleshooting_count: z.number().int(),
  /** Of its commands, how many in a hundred have ended. */
  percent: z.number(),
  /** Of the template, where there is one. */
  domain: z.string().nullable(),
  type: z.string().nullable(),
  seed: z.string(),
  created_at: time,
  started_at: timeOrNull,
  rested_at: timeOrNull,
  completed_at: timeOrNull,
  /** Cancelled then: it ends as CANCELED, once nothing of it waits for an operator. */
  cancel_requested_at: timeOrNull,
  /** From its first command to its end, or until now. */
  duration_ms: z.number().nullable(),
});
export type CommandBatch = z.infer<typeof commandBatchSchema>;

export const commandBatchDetailSchema = commandBatchSchema.extend({
  template: z.record(z.string(), z.unknown()).nullable(),
  behavior: z.record(z.string(), z.unknown()).nullable(),
  retry: z.object({ max_attempts: z.number().int(), backoff_ms: z.array(z.number().int()), jitter_pct: z.number() }),
  lease_ms: z.number().int(),
  by_status: z.record(z.enum(COMMAND_STATUSES), z.number().int()),
  /** What its commands answered; `waiting`: replies of the batch that nobody has consumed yet. */
  replies: z.object({
    SUCCESS: z.number().int(),
    FAILED: z.number().int(),
    CANCELED: z.number().int(),
    waiting: z.number().int(),
  }),
});
export type CommandBatchDetail = z.infer<typeof commandBatchDetailSchema>;

export const batchCommandsQuerySchema = z.strictObject({ ...pageQuery, status: z.enum(COMMAND_STATUSES).optional() });
