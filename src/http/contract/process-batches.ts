// Launching processes, and their batches.

import { z } from 'zod';
import { experimentSchema, TURBULENCE_KINDS } from '../../chaos/experiment.ts';
import { LIMITS } from '../../model/limits.ts';
import { attemptCountsSchema } from '../../verification/schemas.ts';
import { batchCount, batchFields, newBatchFields } from './batches.ts';
import { backoffSchema, count, documentOut, throughputSlices, time, timeOrNull, whole } from './fields.ts';

/** The fields common to every launch; all others are the input of the process type. */
export const launchEnvelopeSchema = z.strictObject({
  ...newBatchFields,
  count: batchCount.default(1),
  /** The application's default if absent. */
  process_type: z.string().min(1).max(64).optional(),
  /** A CommandBehavior by step key; validated with the step keys of the process type. */
  behavior: documentOut.nullish(),
  retry: z
    .strictObject({ max_attempts: whole(LIMITS.max_attempts).optional(), backoff_ms: backoffSchema.optional() })
    .optional(),
  lease_ms: whole(LIMITS.lease_ms).optional(),
  /** Hypothesis, scope, stop conditions and turbulence. */
  experiment: experimentSchema.nullish(),
});
export type LaunchEnvelope = z.infer<typeof launchEnvelopeSchema>;

/** Absent fields are taken from the batch. */
export const rerunBodySchema = launchEnvelopeSchema
  .pick({ name: true, seed: true, behavior: true, experiment: true, reply_to: true })
  .extend({ count: batchCount.optional() });
export type RerunBody = z.infer<typeof rerunBodySchema>;
export const rerunProcessBodySchema = rerunBodySchema.pick({ name: true, reply_to: true });

export const stepFunnelSchema = attemptCountsSchema.extend({ step: z.string() });
export type StepFunnel = z.infer<typeof stepFunnelSchema>;

export const batchSchema = z.object({
  ...batchFields,
  process_type: z.string().nullable(),
  compensated_count: count,
  input: documentOut,
  behavior: documentOut.nullable(),
  first_ordinal: count,
  experiment: documentOut.nullable(),
  /** Nothing is injected after this time. */
  injection_stopped_at: timeOrNull,
  retry: z.object({ max_attempts: count, backoff_ms: z.array(count) }),
  lease_ms: count,
});
export type Batch = z.infer<typeof batchSchema>;

export const batchDetailSchema = batchSchema.extend({
  /** The last error of a part of the launch, which is retried until it succeeds or the batch is cancelled. */
  launch_error: z.object({ error_code: z.string(), error_message: z.string(), attempts: count }).nullable(),
  steps: z.array(stepFunnelSchema),
  /** Processes ended per second over the last seconds; null if none is in progress. */
  rate_per_second: z.number().nullable(),
  eta_ms: z.number().nullable(),
  /** Attempts ended in slices of `slice_ms`, from creation to the end (or now), oldest first. */
  throughput: throughputSlices,
  slice_ms: count,
  /** The newest 500, oldest first. */
  turbulence: z.array(z.object({ at: time, kind: z.enum(TURBULENCE_KINDS), details: documentOut })),
});
export type BatchDetail = z.infer<typeof batchDetailSchema>;
