// The queues of domains.

import { z } from 'zod';
import { LIMITS, MAX_LENGTH } from '../../model/limits.ts';
import { actorSchema, count, shortText, timeOrNull, whole } from './fields.ts';

export const QUEUE_STATES = ['RUNNING', 'DRAINING', 'PAUSED'] as const;
export type QueueState = (typeof QUEUE_STATES)[number];

export const domainQueueSchema = z.object({
  domain: z.string(),
  /** DRAINING: paused, with work in progress. */
  state: z.enum(QUEUE_STATES),
  /** Due and not claimed. */
  ready: count,
  delayed: count,
  in_progress: count,
  in_troubleshooting: count,
  oldest_ready_age_ms: z.number().nullable(),
  /** Live workers of the domain, and their slots for it. */
  workers: count,
  slots: count,
  /** Over all workers; null without a cap. */
  max_in_flight: count.nullable(),
  paused_at: timeOrNull,
  paused_by: z.string().nullable(),
  pause_reason: z.string().nullable(),
});
export type Queue = z.infer<typeof domainQueueSchema>;
export const queuesSchema = z.object({ items: z.array(domainQueueSchema) });

export const domainParamsSchema = z.strictObject({ domain: shortText(64) });
export const domainVerbSchema = z.strictObject({
  actor: actorSchema.optional(),
  reason: shortText(MAX_LENGTH.reason).optional(),
});
export const queueChangeSchema = z.strictObject({
  /** null removes the cap. */
  max_in_flight: whole(LIMITS.max_in_flight).nullable(),
  actor: actorSchema.optional(),
});

export const domainSchema = domainQueueSchema.pick({
  domain: true,
  max_in_flight: true,
  paused_at: true,
  paused_by: true,
  pause_reason: true,
});
export type Domain = z.infer<typeof domainSchema>;
