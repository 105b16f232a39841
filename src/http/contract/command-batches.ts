// Command batches: commands that are launched and counted together.

import { z } from 'zod';
import { COMMAND_STATUSES } from '../../model/command.ts';
import { batchCount, batchFields, cancelAnswerSchema, launchAnswerSchema, newBatchFields } from './batches.ts';
import { commandListSchema, commandTemplateSchema } from './commands.ts';
import { count, documentOut, documentSchema, idSchema, pageQuery, timeOrNull } from './fields.ts';

/** `count` commands like `template`, or `commands`, or neither for an open batch. Each command has its own reply_to. */
export const newCommandBatchSchema = z.strictObject({
  ...newBatchFields,
  /** Anything of the sender's own. */
  custom: documentSchema.optional(),
  /** An open batch takes more commands and does not end. Closed by default if it has commands. */
  closed: z.boolean().optional(),
  count: batchCount.optional(),
  template: commandTemplateSchema.optional(),
  commands: commandListSchema.optional(),
});
export type NewCommandBatch = z.input<typeof newCommandBatchSchema>;

/** `command_ids` are those of `commands`, in their order; empty with `count`. */
export const commandBatchAnswerSchema = launchAnswerSchema.extend({ command_ids: z.array(idSchema) });
export type CommandBatchAnswer = z.infer<typeof commandBatchAnswerSchema>;

export const addCommandsSchema = z.strictObject({ commands: commandListSchema });
export const addCommandsAnswerSchema = commandBatchAnswerSchema.pick({
  batch_id: true,
  total_count: true,
  command_ids: true,
});
export const commandBatchVerbAnswerSchema = cancelAnswerSchema.extend({ closed_at: timeOrNull });

/** total = not created + completed + failed + canceled + waiting + in troubleshooting. */
export const commandBatchSchema = z.object({
  ...batchFields,
  custom: documentOut.nullable(),
  reply_to: z.string().nullable(),
  /** Null while the batch takes more commands. */
  closed_at: timeOrNull,
  /** The percentage of its commands that have ended. */
  percent: z.number(),
  /** Of the template. */
  domain: z.string().nullable(),
  type: z.string().nullable(),
  /** From its first command to its end, or until now. */
  duration_ms: z.number().nullable(),
});
export type CommandBatch = z.infer<typeof commandBatchSchema>;

export const commandBatchDetailSchema = commandBatchSchema.extend({
  template: documentOut.nullable(),
  behavior: documentOut.nullable(),
  retry: z.object({ max_attempts: count, backoff_ms: z.array(count), jitter_pct: z.number() }),
  lease_ms: count,
  by_status: z.record(z.enum(COMMAND_STATUSES), count),
  /** Replies of its commands by outcome; `waiting`: replies of the batch that were not consumed yet. */
  replies: z.object({ SUCCESS: count, FAILED: count, CANCELED: count, waiting: count }),
});
export type CommandBatchDetail = z.infer<typeof commandBatchDetailSchema>;

export const batchCommandsQuerySchema = z.strictObject({ ...pageQuery, status: z.enum(COMMAND_STATUSES).optional() });
