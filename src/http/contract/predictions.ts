// What a launch is predicted to do.

import { z } from 'zod';
import { count } from './fields.ts';

/** The attempts of a step by outcome, and by injected fault. */
export const predictedStepSchema = z.object({
  attempts: z.number(),
  success: z.number(),
  permanent: z.number(),
  transient: z.number(),
  business_rule: z.number(),
  /** Leases that expire because of an injected fault: `timeout`, `crash` or `lost_ack`. */
  timeout: z.number(),
  injected: z.record(z.string(), z.number()),
});
export type PredictedStep = z.infer<typeof predictedStepSchema>;

/** Assumes no interruption and no operator. Counts if `exact`, otherwise expectations per step. */
export const previewSchema = z.object({
  seed: z.string(),
  exact: z.boolean(),
  /** Why it is not exact. */
  note: z.string().nullable(),
  /** Processes that chaos may touch. */
  in_scope: count,
  expected: z.object({
    completed: z.number(),
    failed: z.number(),
    compensated: z.number(),
    in_troubleshooting: z.number(),
    /** Of steps; compensations have no chaos. */
    attempts: z.number(),
  }),
  steps: z.record(z.string(), predictedStepSchema),
  duration_ms: z.number(),
});
export type Preview = z.infer<typeof previewSchema>;
