// Replies: queues, looking, consuming, and what is kept for a process that was unknown where it was settled.

import { z } from 'zod';
import { LIMITS } from '../../model/limits.ts';
import { count, idSchema, pageQuery, queueSchema, time, whole } from './fields.ts';

export const replyQueueSchema = z.object({
  queue: z.string(),
  count: count,
  /** Of these, kept for a process that was unknown where they were settled. */
  kept_count: count,
  oldest_at: time,
});
export type ReplyQueue = z.infer<typeof replyQueueSchema>;
export const replyQueuesSchema = z.object({ items: z.array(replyQueueSchema) });

/** Oldest first; looking takes nothing. */
export const repliesQuerySchema = z.strictObject({
  ...pageQuery,
  queue: queueSchema.optional(),
  batch_id: idSchema.optional(),
});
export type RepliesQuery = z.input<typeof repliesQuerySchema>;

export const replySchema = z.object({
  reply_id: idSchema,
  queue: z.string(),
  /** Null for the end of a batch. */
  command_id: idSchema.nullable(),
  process_id: idSchema.nullable(),
  batch_id: idSchema.nullable(),
  correlation_id: idSchema.nullable(),
  outcome: z.enum(['SUCCESS', 'FAILED', 'CANCELED']),
  result: z.unknown(),
  error_code: z.string().nullable(),
  error_message: z.string().nullable(),
  /** Why it is kept, where nobody asked for it; null for a reply that was asked for. */
  note: z.string().nullable(),
  created_at: time,
});
export type Reply = z.infer<typeof replySchema>;

export const consumeBodySchema = z.strictObject({
  queue: queueSchema,
  limit: whole(LIMITS.reply_count).default(100),
});
export type ConsumeBody = z.input<typeof consumeBodySchema>;
/** What was taken, oldest first: it is gone from the queue. */
export const consumeAnswerSchema = z.object({ items: z.array(replySchema) });

/** ROUTED: its process has it. Replies asked for by a sender are not routed but consumed: 409. */
export const redriveAnswerSchema = z.object({ reply_id: idSchema, process_id: idSchema, status: z.literal('ROUTED') });
export type RedriveAnswer = z.infer<typeof redriveAnswerSchema>;

export const clearQuerySchema = z.strictObject({ queue: queueSchema });
export const clearAnswerSchema = z.object({ queue: z.string(), deleted_count: count });
export const deleteReplyAnswerSchema = z.object({ reply_id: idSchema });
