// What a launch is predicted to do.

import { z } from 'zod';
import { count } from './fields.ts';

/** What the attempts of a step come to. By outcome, and by the fault that was injected. */
export const predictedStepSchema = z.object({
  attempts: z.number(),
  success: z.number(),
  permanent: z.number(),
  transient: z.number(),
  business_rule: z.number(),
  /** Every lease that runs out by an injected fault: `timeout`, `crash`, `lost_ack`. */
  timeout: z.number(),
  injected: z.record(z.string(), z.number()),
});
export type PredictedStep = z.infer<typeof predictedStepSchema>;

export const predictedEndsSchema = z.object({
  completed: z.number(),
  failed: z.number(),
  compensated: z.number(),
  in_troubleshooting: z.number(),
  /** Of steps; compensations are never chaotic. */
  attempts: z.number(),
});

/** Of no interruptions and no operator. Counts where `exact`, else expectations per step: the order depends on replies. */
export const previewSchema = z.object({
  seed: z.string(),
  exact: z.boolean(),
  /** Why it is not exact. */
  note: z.string().nullable(),
  /** Processes that chaos may touch. */
  in_scope: count,
  expected: predictedEndsSchema,
  steps: z.record(z.string(), predictedStepSchema),
  duration_ms: z.number(),
});
export type Preview = z.infer<typeof previewSchema>;
