// Launching processes, and their batches.

import { z } from 'zod';
import { experimentSchema, TURBULENCE_KINDS } from '../../chaos/experiment.ts';
import { LIMITS, MAX_LENGTH, SHAPES } from '../../model/limits.ts';
import { BATCH_STATUSES } from '../../model/process.ts';
import { attemptCountsSchema } from '../../verification/schemas.ts';
import { backoffSchema, idSchema, pageQuery, queueSchema, shortText, time, timeOrNull, whole } from './fields.ts';

export const batchesQuerySchema = z.strictObject({ ...pageQuery, status: z.enum(BATCH_STATUSES).optional() });

/** What chaos is drawn from; drawn itself when absent. */
export const seedSchema = z.string().regex(SHAPES.seed.pattern, SHAPES.seed.message);

export const retrySchema = z.strictObject({
  max_attempts: whole(LIMITS.max_attempts).optional(),
  backoff_ms: backoffSchema.optional(),
});

/** The part of a launch that is the same for every process type; what is left is the definition's own input. */
export const launchEnvelopeSchema = z.strictObject({
  count: whole(LIMITS.batch_count).default(1),
  /** The application's default if absent. */
  process_type: z.string().min(1).max(64).optional(),
  name: shortText(MAX_LENGTH.label).optional(),
  seed: seedSchema.optional(),
  /** By step key, a CommandBehavior each; validated with the definition's own step keys. */
  behavior: z.record(z.string(), z.unknown()).nullish(),
  retry: retrySchema.optional(),
  lease_ms: whole(LIMITS.lease_ms).optional(),
  /** The queue that is told when the batch ended. */
  reply_to: queueSchema.optional(),
  /** Hypothesis, scope, stop conditions, turbulence. */
  experiment: experimentSchema.nullish(),
});
export type LaunchEnvelope = z.infer<typeof launchEnvelopeSchema>;

export const launchAnswerSchema = z.object({
  batch_id: idSchema,
  status: z.enum(BATCH_STATUSES),
  total_count: z.number().int(),
  seed: z.string(),
});
export type LaunchAnswer = z.infer<typeof launchAnswerSchema>;

/** The same batch again: what is absent is as it was. */
export const rerunBodySchema = z.strictObject({
  ...launchEnvelopeSchema.pick({ name: true, seed: true, behavior: true, experiment: true, reply_to: true }).shape,
  count: whole(LIMITS.batch_count).optional(),
});
export type RerunBody = z.infer<typeof rerunBodySchema>;
/** One process again, alone, with the same faults. */
export const rerunProcessBodySchema = rerunBodySchema.pick({ name: true, reply_to: true });

export const stepFunnelSchema = attemptCountsSchema.extend({ step: z.string() });
export type StepFunnel = z.infer<typeof stepFunnelSchema>;

export const batchSchema = z.object({
  batch_id: idSchema,
  name: z.string().nullable(),
  process_type: z.string().nullable(),
  status: z.enum(BATCH_STATUSES),
  total_count: z.number().int(),
  created_count: z.number().int(),
  completed_count: z.number().int(),
  compensated_count: z.number().int(),
  failed_count: z.number().int(),
  canceled_count: z.number().int(),
  /** Running: waiting for a reply, or compensating. */
  waiting_count: z.number().int(),
  in_troubleshooting_count: z.number().int(),
  seed: z.string(),
  input: z.record(z.string(), z.unknown()),
  behavior: z.record(z.string(), z.unknown()).nullable(),
  first_ordinal: z.number().int(),
  experiment: z.record(z.string(), z.unknown()).nullable(),
  /** Since then nothing is injected into it any more. */
  injection_stopped_at: timeOrNull,
  retry: z.object({ max_attempts: z.number().int(), backoff_ms: z.array(z.number().int()) }),
  lease_ms: z.number().int(),
  created_at: time,
  started_at: timeOrNull,
  rested_at: timeOrNull,
  completed_at: timeOrNull,
  /** Cancelled then: it ends as CANCELED, once nothing of it waits for an operator. */
  cancel_requested_at: timeOrNull,
});
export type Batch = z.infer<typeof batchSchema>;

export const batchDetailSchema = batchSchema.extend({
  /** While it is being created: what a part of it failed with last; it is tried again until it succeeds or the batch is cancelled. */
  launch_error: z.object({ error_code: z.string(), error_message: z.string(), attempts: z.number().int() }).nullable(),
  steps: z.array(stepFunnelSchema),
  /** Processes ended per second over the last seconds; null when nothing runs. */
  rate_per_second: z.number().nullable(),
  eta_ms: z.number().nullable(),
  /** From creation to the end (or now), oldest first: attempts ended in slices of `slice_ms`; `failed` came to no success by no fault of chaos (a business rule is among them), `injected` by one. */
  throughput: z.array(z.object({ at: time, success: z.number(), failed: z.number(), injected: z.number() })),
  slice_ms: z.number().int(),
  /** What was disturbed on its behalf, oldest first; the newest 500. */
  turbulence: z.array(
    z.object({ at: time, kind: z.enum(TURBULENCE_KINDS), details: z.record(z.string(), z.unknown()) }),
  ),
});
export type BatchDetail = z.infer<typeof batchDetailSchema>;

export const cancelAnswerSchema = z.object({ batch_id: idSchema, status: z.enum(BATCH_STATUSES) });
