// The documents that verification produces: predictions, verdicts and reports. The HTTP contract uses these schemas.
// Imports no code that runs a verification, so that clients can use it.

import { z } from 'zod';
import { BATCH_STATUSES, PROCESS_STATUSES } from '../model/process.ts';

const count = z.number().int();
const id = z.guid();
const time = z.string();
const document = z.record(z.string(), z.unknown());

/** Attempts of a step, predicted or observed. The outcomes add up to `attempts`. */
export const attemptCountsSchema = z.object({
  attempts: count,
  success: count,
  transient: count,
  permanent: count,
  business_rule: count,
  /** Leases that expired because of an injected fault: `timeout`, `crash`, `lost_ack`. */
  timeout: count,
  /** Released, terminated, or a lease lost without an injected fault. Never predicted. */
  interrupted: count,
  /** By the name of the fault. */
  injected: z.record(z.string(), count),
});
export type AttemptCounts = z.infer<typeof attemptCountsSchema>;

/** Assumes no interruption and no operator. */
export const predictionSchema = z.object({
  /** False where the order of the steps depends on replies: the counts are then those of the steps as listed. */
  exact: z.boolean(),
  /** Why it is not exact. */
  note: z.string().nullable(),
  /** Processes within the scope of chaos. */
  in_scope: count,
  expected: z.object({
    completed: count,
    failed: count,
    compensated: count,
    in_troubleshooting: count,
    /** Of steps; chaos leaves compensations alone. */
    attempts: count,
  }),
  steps: z.record(z.string(), attemptCountsSchema),
});
export type Prediction = z.infer<typeof predictionSchema>;

export const previewSchema = predictionSchema.extend({ seed: z.string(), duration_ms: z.number() });
export type Preview = z.infer<typeof previewSchema>;

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

/** `running`: light checks only, until the batch is at rest. */
const verdict = z.enum(['pass', 'fail', 'running']);
export const verdictSchema = z.object({
  batch_id: id,
  verdict,
  computed_at: time,
  duration_ms: z.number(),
  checks: z.array(checkSchema),
});
export type Verdict = z.infer<typeof verdictSchema>;

/** Progress of a verification. */
export const verdictProgressSchema = z.object({
  batch_id: id,
  /** Whether the batch is being verified right now. */
  verifying: z.boolean(),
  /** Processes replayed so far. */
  verified: count,
  total: count,
});
export type VerdictProgress = z.infer<typeof verdictProgressSchema>;

export const behaviorVersionSchema = z.object({
  /** 0 is the behavior of the launch; changes count from 1. */
  version: count,
  behavior: document.nullable(),
  at: time,
  actor: z.string(),
  reason: z.string().nullable(),
});
export type BehaviorVersion = z.infer<typeof behaviorVersionSchema>;

const ms = z.number().nullable();
export const reportSchema = z.object({
  batch_id: id,
  name: z.string().nullable(),
  hypothesis: z.string().nullable(),
  verdict,
  status: z.enum(BATCH_STATUSES),
  generated_at: time,
  settings: z.object({
    process_type: z.string().nullable(),
    total_count: count,
    seed: z.string(),
    input: document,
    behavior: document.nullable(),
    behavior_versions: z.array(behaviorVersionSchema),
    retry: z.object({ max_attempts: count, backoff_ms: z.array(count) }),
    lease_ms: count,
    experiment: document.nullable(),
  }),
  created_at: time,
  started_at: time.nullable(),
  ended_at: time.nullable(),
  duration_ms: ms,
  processes: z.record(z.enum(PROCESS_STATUSES), count),
  predicted: previewSchema.nullable(),
  /** Why there is no prediction, or why it need not match. */
  predicted_note: z.string().nullable(),
  steps: z.array(
    z.object({
      step: z.string(),
      observed: attemptCountsSchema,
      predicted: attemptCountsSchema.nullable(),
      /** Failures that chaos did not inject: what `no_real_failures` counts. */
      real_failures: count,
      /** Of successful attempts. */
      latency_ms: z.object({ p50: ms, p95: ms, p99: ms, max: ms }),
    }),
  ),
  /** Compensations that succeeded. */
  compensations: count,
  operator_verbs: count,
  turbulence: z.array(
    z.object({
      at: time,
      kind: z.string(),
      details: document,
      /** Time until an attempt of the batch that began afterwards succeeded; null when none did. */
      recovery_ms: ms,
    }),
  ),
  stops: z.array(z.object({ at: time, type: z.string(), details: document })),
  checks: z.array(checkSchema),
});
export type Report = z.infer<typeof reportSchema>;
