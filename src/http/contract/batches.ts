// The schemas that process batches and command batches share.

import { z } from 'zod';
import { LIMITS, MAX_LENGTH } from '../../model/limits.ts';
import { BATCH_STATUSES } from '../../model/process.ts';
import { count, idSchema, pageQuery, queueSchema, seedSchema, shortText, time, timeOrNull, whole } from './fields.ts';

export const batchesQuerySchema = z.strictObject({ ...pageQuery, status: z.enum(BATCH_STATUSES).optional() });

/** The fields that a request for a batch of either kind may have. */
export const newBatchFields = {
  name: shortText(MAX_LENGTH.label).optional(),
  /** Drawn if absent. */
  seed: seedSchema.optional(),
  /** The queue that gets a reply when the batch has ended. */
  reply_to: queueSchema.optional(),
};
export const batchCount = whole(LIMITS.batch_count);

export const launchAnswerSchema = z.object({
  batch_id: idSchema,
  status: z.enum(BATCH_STATUSES),
  total_count: count,
  seed: z.string(),
});
export type LaunchAnswer = z.infer<typeof launchAnswerSchema>;

export const batchFields = {
  ...launchAnswerSchema.shape,
  name: z.string().nullable(),
  created_count: count,
  completed_count: count,
  failed_count: count,
  canceled_count: count,
  /** Neither ended nor parked. */
  waiting_count: count,
  in_troubleshooting_count: count,
  created_at: time,
  started_at: timeOrNull,
  rested_at: timeOrNull,
  completed_at: timeOrNull,
  /** The batch ends as CANCELED as soon as none of its commands is parked. */
  cancel_requested_at: timeOrNull,
};

export const cancelAnswerSchema = launchAnswerSchema.pick({ batch_id: true, status: true });
