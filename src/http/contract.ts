// The wire: schemas of every request and answer, shared by server, page and command line.
// Field names are those of the database; times are ISO 8601 strings in UTC, durations in ms.

import { z } from 'zod';
import { BATCH_STATUSES, MAX_BATCH_COUNT, PROCESS_STATUSES } from '../model/process.ts';

/** What `behavior` of a launch, a batch and a process holds, for readers of the wire. */
export type { CommandBehavior, ProcessBehavior } from '../chaos/behavior.ts';

/** Any uuid: callers may give ids of their own, of whatever version. */
export const idSchema = z.guid();
const time = z.string();
const timeOrNull = z.string().nullable();
const noNul = (value: string) => !value.includes('\0');
const shortText = (max: number) =>
  z.string().trim().min(1).max(max).refine(noNul, { error: 'must not contain a NUL byte' });

// ---------------------------------------------------------------- errors (application/problem+json, RFC 9457)
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.string(),
  detail: z.string(),
  errors: z.array(z.object({ path: z.string(), code: z.string(), message: z.string() })),
});
export type Problem = z.infer<typeof problemSchema>;

// ---------------------------------------------------------------- lists
/** `cursor` is opaque: the `next_cursor` of the page before. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(100).default(50),
  cursor: z.string().max(200).optional(),
};
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), next_cursor: z.string().nullable() });

export const batchesQuerySchema = z.strictObject({ ...pageQuery, status: z.enum(BATCH_STATUSES).optional() });
export const batchProcessesQuerySchema = z.strictObject({ ...pageQuery, status: z.enum(PROCESS_STATUSES).optional() });
export const processesQuerySchema = z.strictObject({
  ...pageQuery,
  status: z.enum(PROCESS_STATUSES).optional(),
  batch_id: idSchema.optional(),
});
export const tsqQuerySchema = z.strictObject({
  ...pageQuery,
  batch_id: idSchema.optional(),
  domain: z.string().min(1).max(64).optional(),
  type: z.string().min(1).max(64).optional(),
  error_code: z.string().min(1).max(100).optional(),
  /** true: parked by an injected fault; false: by a real failure. */
  injected: z.stringbool({ truthy: ['true'], falsy: ['false'] }).optional(),
});
export type TsqQuery = z.infer<typeof tsqQuerySchema>;

// ---------------------------------------------------------------- launching
export const retrySchema = z.strictObject({
  max_attempts: z.number().int().min(1).max(100).optional(),
  backoff_ms: z.array(z.number().int().min(0).max(86_400_000)).min(1).max(20).optional(),
});

/** The part of a launch that is the same for every process type; what is left is the definition's own input. */
export const launchEnvelopeSchema = z.strictObject({
  count: z.number().int().min(1).max(MAX_BATCH_COUNT).default(1),
  process_type: z.string().min(1).max(64).default('StatementReport'),
  name: shortText(200).optional(),
  seed: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 of A-Z a-z 0-9 . _ -')
    .optional(),
  /** By step key, a CommandBehavior each; validated with the definition's own step keys. */
  behavior: z.record(z.string(), z.unknown()).nullish(),
  retry: retrySchema.optional(),
  lease_ms: z.number().int().min(500).max(3_600_000).optional(),
});
export type LaunchEnvelope = z.infer<typeof launchEnvelopeSchema>;

export const launchAnswerSchema = z.object({
  batch_id: idSchema,
  status: z.enum(BATCH_STATUSES),
  total_count: z.number().int(),
  seed: z.string(),
});
export type LaunchAnswer = z.infer<typeof launchAnswerSchema>;

/** Of a launch: the same key with the same body is the same launch, for 24 hours. */
export const idempotencyKeySchema = z
  .string()
  .regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 visible ASCII characters without spaces');

// ---------------------------------------------------------------- batches
/** How often attempts of a step came to what, and what was injected, by fault name. */
export const stepFunnelSchema = z.object({
  step: z.string(),
  attempts: z.number().int(),
  success: z.number().int(),
  transient: z.number().int(),
  permanent: z.number().int(),
  business_rule: z.number().int(),
  lease_expired: z.number().int(),
  released: z.number().int(),
  injected: z.record(z.string(), z.number().int()),
});
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
  retry: z.object({ max_attempts: z.number().int(), backoff_ms: z.array(z.number().int()) }),
  lease_ms: z.number().int(),
  created_at: time,
  started_at: timeOrNull,
  rested_at: timeOrNull,
  completed_at: timeOrNull,
});
export type Batch = z.infer<typeof batchSchema>;

export const batchDetailSchema = batchSchema.extend({
  steps: z.array(stepFunnelSchema),
  /** Processes ended per second over the last seconds; null when nothing runs. */
  rate_per_second: z.number().nullable(),
  eta_ms: z.number().nullable(),
  /** From creation to the end (or now), oldest first: attempts ended in slices of `slice_ms`; `failed` are real failures, apart from `injected`. */
  throughput: z.array(z.object({ at: time, success: z.number(), failed: z.number(), injected: z.number() })),
  slice_ms: z.number().int(),
});
export type BatchDetail = z.infer<typeof batchDetailSchema>;

export const cancelAnswerSchema = z.object({ batch_id: idSchema, status: z.enum(BATCH_STATUSES) });

// ---------------------------------------------------------------- processes
export const processSchema = z.object({
  process_id: idSchema,
  batch_id: idSchema.nullable(),
  ordinal: z.number().int(),
  process_type: z.string(),
  version: z.number().int(),
  status: z.enum(PROCESS_STATUSES),
  current_step: z.string().nullable(),
  state: z.record(z.string(), z.unknown()),
  behavior: z.record(z.string(), z.unknown()).nullable(),
  error_code: z.string().nullable(),
  error_message: z.string().nullable(),
  created_at: time,
  updated_at: time,
  completed_at: timeOrNull,
});
export type Process = z.infer<typeof processSchema>;

export const attemptSchema = z.object({
  attempt: z.number().int(),
  started_at: time,
  ended_at: timeOrNull,
  /** success, transient, permanent, business_rule, lease_expired, released; null while it runs. */
  outcome: z.string().nullable(),
  effect: z.string().nullable(),
  retry_at: timeOrNull,
  reason: z.string().nullable(),
  error_code: z.string().nullable(),
  error_message: z.string().nullable(),
  /** The injected fault, or null for a real outcome. */
  fault: z.string().nullable(),
  worker_id: z.string().nullable(),
});
export type Attempt = z.infer<typeof attemptSchema>;

export const processStepSchema = z.object({
  step: z.string(),
  purpose: z.enum(['step', 'compensation']),
  command_id: idSchema,
  type: z.string(),
  status: z.string(),
  payload: z.unknown(),
  result: z.unknown(),
  error_code: z.string().nullable(),
  error_message: z.string().nullable(),
  sent_at: time,
  settled_at: timeOrNull,
  attempts: z.array(attemptSchema),
});
export type ProcessStep = z.infer<typeof processStepSchema>;

export const processDetailSchema = processSchema.extend({
  awaiting_command_id: idSchema.nullable(),
  steps: z.array(processStepSchema),
  artifacts: z.array(z.object({ step: z.string(), path: z.string(), href: z.string() })),
});
export type ProcessDetail = z.infer<typeof processDetailSchema>;

// ---------------------------------------------------------------- troubleshooting queue
/** `advance_failed` items are processes whose own code threw; their command is done and the verbs act on the process. */
export const tsqItemSchema = z.object({
  command_id: idSchema,
  kind: z.enum(['command', 'advance_failed']),
  domain: z.string(),
  type: z.string(),
  purpose: z.string(),
  process_id: idSchema.nullable(),
  batch_id: idSchema.nullable(),
  step: z.string().nullable(),
  attempts: z.number().int(),
  max_attempts: z.number().int(),
  error_code: z.string().nullable(),
  error_message: z.string().nullable(),
  error_group: z.string().nullable(),
  reason: z.string().nullable(),
  /** The injected fault of its last attempt, or null for a real failure. */
  fault: z.string().nullable(),
  payload: z.unknown(),
  parked_at: time,
});
export type TsqItem = z.infer<typeof tsqItemSchema>;

export const verbBodySchema = z.strictObject({
  reason: shortText(1000).optional(),
  actor: shortText(100).optional(),
  /** Any JSON: what the handler would have returned. */
  result: z.unknown().optional(),
});
export type VerbBody = z.infer<typeof verbBodySchema>;
/** Cancelling must say why. */
export const cancelBodySchema = verbBodySchema.extend({ reason: shortText(1000) });
export const verbAnswerSchema = z.object({ command_id: idSchema, status: z.string() });

// ---------------------------------------------------------------- audit
const MAX_WINDOW_MS = 24 * 3_600_000;

/**
 * Exactly one of command_id, process_id, batch_id, or a window `from`..`to` of at most 24 hours.
 * A command, process or batch answers everything that happened to it; a batch by blocks of 250 processes, each in order of time.
 * A window answers what attempts came to and what was recorded (operators, batches, discarded results), over all commands.
 */
export const auditQuerySchema = z
  .strictObject({
    ...pageQuery,
    command_id: idSchema.optional(),
    process_id: idSchema.optional(),
    batch_id: idSchema.optional(),
    from: z.iso.datetime({ offset: true }).optional(),
    to: z.iso.datetime({ offset: true }).optional(),
  })
  .superRefine((query, context) => {
    const issue = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    const subjects = [query.command_id, query.process_id, query.batch_id].filter((id) => id !== undefined).length;
    const windowed = query.from !== undefined || query.to !== undefined;
    if (subjects + (windowed ? 1 : 0) !== 1) {
      return issue('command_id', 'give exactly one of command_id, process_id, batch_id, or a window from..to');
    }
    if (!windowed) return;
    if (query.from === undefined) return issue('from', 'is required with to');
    const length_ms = Date.parse(query.to ?? new Date().toISOString()) - Date.parse(query.from);
    if (length_ms < 0) issue('from', 'must not be after to');
    else if (length_ms > MAX_WINDOW_MS) issue('to', 'must be at most 24 hours after from');
  });
export type AuditQuery = z.infer<typeof auditQuerySchema>;

export const auditEventSchema = z.object({
  at: time,
  type: z.string(),
  command_id: idSchema.nullable(),
  process_id: idSchema.nullable(),
  batch_id: idSchema.nullable(),
  step: z.string().nullable(),
  attempt: z.number().int().nullable(),
  fault: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
});
export type AuditEvent = z.infer<typeof auditEventSchema>;

// ---------------------------------------------------------------- dashboard and operations
export const overviewSchema = z.object({
  batches: z.object({ open: z.number().int(), total: z.number().int() }),
  /** Processes by status, over open batches and lone processes; ended ones over all. */
  processes: z.record(z.enum(PROCESS_STATUSES), z.number().int()),
  backlog: z.number().int(),
  in_progress: z.number().int(),
  in_troubleshooting: z.number().int(),
  /** Attempts ended per second and their duration percentiles over the last minute. */
  attempts_per_second: z.number(),
  latency_ms: z.object({ p50: z.number().nullable(), p95: z.number().nullable(), p99: z.number().nullable() }),
  tsq_groups: z.array(z.object({ error_group: z.string(), count: z.number().int(), injected: z.boolean() })),
});
export type Overview = z.infer<typeof overviewSchema>;

export const throughputQuerySchema = z.strictObject({
  /** How far back, in seconds. */
  window_s: z.coerce.number().int().min(10).max(3600).default(60),
});

export const throughputSchema = z.object({
  slice_ms: z.number().int(),
  items: z.array(z.object({ at: time, success: z.number(), failed: z.number(), injected: z.number() })),
});
export type Throughput = z.infer<typeof throughputSchema>;

export const workerSchema = z.object({
  worker_id: idSchema,
  name: z.string(),
  pid: z.number().int(),
  domains: z.array(z.string()),
  slots: z.number().int(),
  in_flight: z.number().int(),
  hanging: z.number().int(),
  settled_count: z.number().int(),
  /** DEAD: no heartbeat for 15 s. */
  status: z.enum(['RUNNING', 'DRAINING', 'STOPPED', 'DEAD']),
  started_at: time,
  heartbeat_at: time,
});
export type Worker = z.infer<typeof workerSchema>;
export const workersSchema = z.object({ items: z.array(workerSchema) });

export const configSchema = z.object({
  version: z.string(),
  lanes: z.number().int(),
  process_types: z.array(
    z.object({
      type: z.string(),
      version: z.number().int(),
      domain: z.string(),
      steps: z.array(z.object({ key: z.string(), command: z.string(), compensated: z.boolean() })),
      /** JSON Schema of the launch input. */
      input: z.record(z.string(), z.unknown()),
    }),
  ),
  defaults: z.object({
    retry: z.object({ max_attempts: z.number().int(), backoff_ms: z.array(z.number().int()) }),
    lease_ms: z.number().int(),
    max_batch_count: z.number().int(),
    max_lease_losses: z.number().int(),
  }),
});
export type Config = z.infer<typeof configSchema>;

export const healthSchema = z.object({
  status: z.enum(['ok', 'unavailable']),
  checks: z.record(z.string(), z.string()),
});
