// The chaos lab on the wire: what is predicted, the verdict, the kill switch, profiles and reports.

import { z } from 'zod';
import { BATCH_STATUSES, PROCESS_STATUSES } from '../../model/process.ts';
import { actorSchema, idSchema, nameSchema, shortText, time, timeOrNull } from './fields.ts';

const count = z.number().int();

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

export const CHECK_STATUSES = ['pass', 'fail', 'skipped'] as const;
export const checkSchema = z.object({
  name: z.string(),
  status: z.enum(CHECK_STATUSES),
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

/** The kill switch: stops all injection at once, and refuses new. */
export const killSwitchSchema = z.object({
  stopped: z.boolean(),
  at: timeOrNull,
  actor: z.string().nullable(),
  reason: z.string().nullable(),
});
export type KillSwitch = z.infer<typeof killSwitchSchema>;
export const killSwitchBodySchema = z.strictObject({
  stopped: z.boolean(),
  reason: shortText(1_000).optional(),
  actor: actorSchema.optional(),
});

/** Ends injection into one batch for good. */
export const stopInjectionBodySchema = killSwitchBodySchema.omit({ stopped: true });
export const injectionStoppedSchema = z.object({ batch_id: idSchema, injection_stopped_at: time });
export type InjectionStopped = z.infer<typeof injectionStoppedSchema>;

/** Steps sent from now on have this behavior; null: none. Validated with the definition's own step keys. */
export const changeBehaviorBodySchema = killSwitchBodySchema
  .omit({ stopped: true })
  .extend({ behavior: z.record(z.string(), z.unknown()).nullable() });
export type ChangeBehaviorBody = z.infer<typeof changeBehaviorBodySchema>;

export const behaviorVersionSchema = z.object({
  /** 0: as launched; what came after counts from 1. */
  version: count,
  behavior: z.record(z.string(), z.unknown()).nullable(),
  at: time,
  actor: z.string(),
  reason: z.string().nullable(),
});
export type BehaviorVersion = z.infer<typeof behaviorVersionSchema>;

export const profileBodySchema = z.strictObject({
  name: shortText(100),
  description: shortText(1_000).nullish(),
  process_type: nameSchema.nullish(),
  /** By step key, a CommandBehavior each. */
  behavior: z.record(z.string(), z.unknown()),
});
export type ProfileBody = z.infer<typeof profileBodySchema>;
export const profileSchema = z.object({
  /** Of a saved one its id; of a built-in one its name in small letters: `flaky-network`. */
  profile_id: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  process_type: z.string().nullable(),
  behavior: z.record(z.string(), z.unknown()),
  builtin: z.boolean(),
  created_at: timeOrNull,
  updated_at: timeOrNull,
});
export type Profile = z.infer<typeof profileSchema>;

/** The process type whose steps the built-in profiles are made for; without it there are none of these. */
export const profilesQuerySchema = z.strictObject({ process_type: nameSchema.optional() });
export const profilesSchema = z.object({ items: z.array(profileSchema) });
export const profileParamsSchema = z.object({ profile_id: z.string().min(1).max(200) });

/** Saved profiles as a document, to be taken elsewhere. */
export const PROFILES_FORMAT = 'faultline-profiles';
export const profileExportSchema = z.object({
  format: z.literal(PROFILES_FORMAT),
  version: z.literal(1),
  profiles: z.array(profileBodySchema),
});
export type ProfileExport = z.infer<typeof profileExportSchema>;
export const profileImportSchema = z.strictObject({
  format: z.literal(PROFILES_FORMAT),
  version: z.literal(1),
  profiles: z.array(z.unknown()).min(1).max(1_000),
});
export const ON_CONFLICT = ['fail', 'skip', 'replace'] as const;
export type OnConflict = (typeof ON_CONFLICT)[number];
export const profileImportQuerySchema = z.strictObject({
  /** What to do with one whose name is taken: nothing is imported at all (`fail`), it is left out, or it replaces the other. */
  on_conflict: z.enum(ON_CONFLICT).default('fail'),
});
export const profileImportAnswerSchema = z.object({
  items: z.array(
    z.object({
      name: z.string(),
      /** Null where it was left out. */
      profile_id: z.string().nullable(),
      result: z.enum(['created', 'replaced', 'skipped']),
    }),
  ),
});
export type ProfileImportAnswer = z.infer<typeof profileImportAnswerSchema>;

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
    input: z.record(z.string(), z.unknown()),
    behavior: z.record(z.string(), z.unknown()).nullable(),
    behavior_versions: z.array(behaviorVersionSchema),
    retry: z.object({ max_attempts: count, backoff_ms: z.array(count) }),
    lease_ms: count,
    experiment: z.record(z.string(), z.unknown()).nullable(),
  }),
  created_at: time,
  started_at: timeOrNull,
  ended_at: timeOrNull,
  duration_ms: z.number().nullable(),
  /** Processes by status, as counted. */
  processes: z.record(z.enum(PROCESS_STATUSES), count),
  predicted: previewSchema.nullable(),
  /** Why nothing is predicted, or why what is predicted cannot be compared. */
  predicted_note: z.string().nullable(),
  steps: z.array(
    z.object({
      step: z.string(),
      observed: predictedStepSchema,
      predicted: predictedStepSchema.nullable(),
      /** Attempts terminated by no fault of chaos, and those that failed of themselves: what `no_real_failures` counts. */
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
      details: z.record(z.string(), z.unknown()),
      /** Until an attempt of the batch that began after it succeeded; null when none did. */
      recovery_ms: z.number().nullable(),
    }),
  ),
  stops: z.array(z.object({ at: time, type: z.string(), details: z.record(z.string(), z.unknown()) })),
  checks: z.array(checkSchema),
});
export type Report = z.infer<typeof reportSchema>;

export const REPORT_FORMATS = ['json', 'markdown'] as const;
export const reportQuerySchema = z.strictObject({ format: z.enum(REPORT_FORMATS).default('json') });
