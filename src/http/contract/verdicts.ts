// The verdict on a batch, check by check.

import { z } from 'zod';
import { count, idSchema, time } from './fields.ts';

export const checkSchema = z.object({
  name: z.string(),
  status: z.enum(['pass', 'fail', 'skipped']),
  /** How many items were checked. */
  checked: count,
  /** How many of them violate the rule. */
  violations: count,
  /** The first 100 ids that violate it; `details` says what is wrong with some of them. */
  violating_ids: z.array(z.string()),
  details: z.array(z.string()),
  rule: z.string(),
  /** The statement that finds the violations, or reads what is replayed. */
  sql: z.string(),
  /** Why it was skipped, or a remark. */
  note: z.string().nullable(),
});
export type Check = z.infer<typeof checkSchema>;

export const verdictSchema = z.object({
  batch_id: idSchema,
  /** `running`: light checks only, until the batch is at rest. */
  verdict: z.enum(['pass', 'fail', 'running']),
  computed_at: time,
  duration_ms: z.number(),
  checks: z.array(checkSchema),
});
export type Verdict = z.infer<typeof verdictSchema>;

/** Progress of a verification. */
export const verdictProgressSchema = z.object({
  batch_id: idSchema,
  /** Whether the batch is being verified right now. */
  verifying: z.boolean(),
  /** Processes replayed so far. */
  verified: count,
  total: count,
});
export type VerdictProgress = z.infer<typeof verdictProgressSchema>;
