// Replies: their queues, reading, consuming and routing.

import { z } from 'zod';
import { LIMITS } from '../../model/limits.ts';
import { count, idSchema, pageQuery, queueSchema, time, whole } from './fields.ts';

export const replyQueueSchema = z.object({
  queue: z.string(),
  count: count,
  /** The number of replies kept for a process whose type was not registered in the worker that settled the command. */
  kept_count: count,
  oldest_at: time,
});
export type ReplyQueue = z.infer<typeof replyQueueSchema>;
export const replyQueuesSchema = z.object({ items: z.array(replyQueueSchema) });

export const repliesQuerySchema = z.strictObject({
  ...pageQuery,
  queue: queueSchema.optional(),
  batch_id: idSchema.optional(),
});
export type RepliesQuery = z.input<typeof repliesQuerySchema>;

export const replySchema = z.object({
  reply_id: idSchema,
  queue: z.string(),
  /** Null for the reply of a batch. */
  command_id: idSchema.nullable(),
  process_id: idSchema.nullable(),
  batch_id: idSchema.nullable(),
  correlation_id: idSchema.nullable(),
  outcome: z.enum(['SUCCESS', 'FAILED', 'CANCELED']),
  result: z.unknown(),
  error_code: z.string().nullable(),
  error_message: z.string().nullable(),
  /** Why a reply that was not requested is kept; null for a requested one. */
  note: z.string().nullable(),
  created_at: time,
});
export type Reply = z.infer<typeof replySchema>;

export const consumeBodySchema = z.strictObject({
  queue: queueSchema,
  limit: whole(LIMITS.reply_count).default(100),
});
/** Oldest first. They are removed from the queue. */
export const consumeAnswerSchema = z.object({ items: z.array(replySchema) });

/** Only kept replies can be routed; one requested by a sender is 409. */
export const redriveAnswerSchema = z.object({ reply_id: idSchema, process_id: idSchema, status: z.literal('ROUTED') });
export type RedriveAnswer = z.infer<typeof redriveAnswerSchema>;

export const clearQuerySchema = z.strictObject({ queue: queueSchema });
export const clearAnswerSchema = z.object({ queue: z.string(), deleted_count: count });
export const deleteReplyAnswerSchema = z.object({ reply_id: idSchema });
