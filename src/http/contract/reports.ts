// The report of a batch.

import { z } from 'zod';
import { BATCH_STATUSES, PROCESS_STATUSES } from '../../model/process.ts';
import { behaviorVersionSchema } from './behaviors.ts';
import { count, documentOut, idSchema, time, timeOrNull } from './fields.ts';
import { predictedStepSchema, previewSchema } from './predictions.ts';
import { checkSchema } from './verdicts.ts';

const percentilesSchema = z.object({
  p50: z.number().nullable(),
  p95: z.number().nullable(),
  p99: z.number().nullable(),
  max: z.number().nullable(),
});
export const reportSchema = z.object({
  batch_id: idSchema,
  name: z.string().nullable(),
  hypothesis: z.string().nullable(),
  verdict: z.enum(['pass', 'fail', 'running']),
  status: z.enum(BATCH_STATUSES),
  generated_at: time,
  settings: z.object({
    process_type: z.string().nullable(),
    total_count: count,
    seed: z.string(),
    input: documentOut,
    behavior: documentOut.nullable(),
    behavior_versions: z.array(behaviorVersionSchema),
    retry: z.object({ max_attempts: count, backoff_ms: z.array(count) }),
    lease_ms: count,
    experiment: documentOut.nullable(),
  }),
  created_at: time,
  started_at: timeOrNull,
  ended_at: timeOrNull,
  duration_ms: z.number().nullable(),
  processes: z.record(z.enum(PROCESS_STATUSES), count),
  predicted: previewSchema.nullable(),
  /** Why there is no prediction, or why it cannot be compared. */
  predicted_note: z.string().nullable(),
  steps: z.array(
    z.object({
      step: z.string(),
      observed: predictedStepSchema,
      predicted: predictedStepSchema.nullable(),
      /** Attempts terminated without a fault, and real failures, as the check `no_real_failures` counts them. */
      interrupted: count,
      real_failures: count,
      latency_ms: percentilesSchema,
    }),
  ),
  compensations: count,
  operator_verbs: count,
  turbulence: z.array(
    z.object({
      at: time,
      kind: z.string(),
      details: documentOut,
      /** Until an attempt that began after it succeeded; null if none did. */
      recovery_ms: z.number().nullable(),
    }),
  ),
  stops: z.array(z.object({ at: time, type: z.string(), details: documentOut })),
  checks: z.array(checkSchema),
});
export type Report = z.infer<typeof reportSchema>;

export const reportQuerySchema = z.strictObject({ format: z.enum(['json', 'markdown']).default('json') });
