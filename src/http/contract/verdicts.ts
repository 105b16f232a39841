// The verdict on a batch, check by check.

import { z } from 'zod';
import { idSchema, time } from './fields.ts';

const count = z.number().int();

export const CHECK_STATUSES = ['pass', 'fail', 'skipped'] as const;
export const checkSchema = z.object({
  name: z.string(),
  status: z.enum(CHECK_STATUSES),
  /** How much was looked at. */
  checked: count,
  /** How many violate. */
  count: count,
  /** The first 100 ids that do; `details` says of some of them what is wrong. */
  offenders: z.array(z.string()),
  details: z.array(z.string()),
  /** In words. */
  rule: z.string(),
  /** The statement that finds the violations, or reads what is replayed. */
  sql: z.string(),
  /** Why it was skipped. */
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

/** How far a verdict that is being given has come. */
export const verdictProgressSchema = z.object({
  batch_id: idSchema,
  /** Whether one is being given. */
  verifying: z.boolean(),
  /** Processes that were replayed. */
  verified: count,
  total: count,
});
export type VerdictProgress = z.infer<typeof verdictProgressSchema>;
