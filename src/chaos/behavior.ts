// CommandBehavior: what chaos does to a command, as a document. Every field is optional; null equals absent.
// Parsed once, on entry; unknown fields and out-of-range values are rejected with their path.

import { z } from 'zod';
import { jsonProblems, textProblem } from '../model/storable.ts';

const text = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .superRefine((value, context) => {
      const message = textProblem(value);
      if (message) context.addIssue({ code: 'custom', message });
    });

const MAX_RESPONSE_LENGTH = 65_536;

const responseData = z.record(z.string(), z.unknown()).superRefine((value, context) => {
  const problems = jsonProblems(value);
  for (const { path, message } of problems) context.addIssue({ code: 'custom', path, message });
  if (problems.length === 0 && JSON.stringify(value).length > MAX_RESPONSE_LENGTH) {
    context.addIssue({ code: 'custom', message: `must not be longer than ${MAX_RESPONSE_LENGTH} characters as JSON` });
  }
});

const percent = z.number().min(0).max(100);
const duration = z.number().int().min(0).max(3_600_000);

export const DURATION_SHAPES = ['fixed', 'uniform', 'normal', 'lognormal'] as const;
export type DurationShape = (typeof DURATION_SHAPES)[number];

export const commandBehaviorSchema = z
  .strictObject({
    fail_permanent_pct: percent.nullish(),
    fail_transient_pct: percent.nullish(),
    fail_business_rule_pct: percent.nullish(),
    timeout_pct: percent.nullish(),
    crash_pct: percent.nullish(),
    connection_lost_pct: percent.nullish(),
    lost_ack_pct: percent.nullish(),
    duplicate_pct: percent.nullish(),
    corrupt_reply_pct: percent.nullish(),
    /** The first n attempts of the command fail, whatever the rolls. */
    fail_first_attempts: z.number().int().min(0).max(100).nullish(),
    min_duration_ms: duration.nullish(),
    max_duration_ms: duration.nullish(),
    /** The distribution of delays between the bounds (`normal`). */
    duration_shape: z.enum(DURATION_SHAPES).nullish(),
    /** Delays injected failures too. */
    delay_failures: z.boolean().nullish(),
    error_code: text(100).nullish(),
    error_message: text(1000).nullish(),
    send_response: z.boolean().nullish(),
    response_data: responseData.nullish(),
  })
  .superRefine((behavior, context) => {
    const { min_duration_ms, max_duration_ms, duration_shape } = behavior;
    if (min_duration_ms != null && max_duration_ms != null && min_duration_ms > max_duration_ms) {
      context.addIssue({
        code: 'custom',
        path: ['min_duration_ms'],
        message: 'must not be greater than max_duration_ms',
      });
    }
    if (
      duration_shape === 'fixed' &&
      min_duration_ms != null &&
      max_duration_ms != null &&
      min_duration_ms !== max_duration_ms
    ) {
      context.addIssue({
        code: 'custom',
        path: ['duration_shape'],
        message: 'fixed takes one bound, or two that are equal',
      });
    }
  });

/** The chaos of one command. Percentages are 0-100, durations are in ms; null equals absent. */
export type CommandBehavior = z.infer<typeof commandBehaviorSchema>;

/** The behavior of a process: by step key. */
export type ProcessBehavior<StepKey extends string = string> = { [Key in StepKey]?: CommandBehavior | null };

/** A schema with a behavior for each of these step keys, and no other. */
export function processBehaviorSchema<const StepKey extends string>(stepKeys: readonly StepKey[]) {
  const behavior = commandBehaviorSchema.nullish();
  return z.strictObject(Object.fromEntries(stepKeys.map((key) => [key, behavior])) as Record<StepKey, typeof behavior>);
}

/** The behavior without nulls, as it is stored; null if nothing is left. */
export function compactBehavior(behavior: CommandBehavior | null | undefined): CommandBehavior | null {
  const given = Object.entries(behavior ?? {}).filter(([, value]) => value != null);
  return given.length === 0 ? null : Object.fromEntries(given);
}

/** Compacts each step; null if no step has a behavior. */
export function compactProcessBehavior(behavior: ProcessBehavior | null | undefined): Record<string, unknown> | null {
  const steps = Object.entries(behavior ?? {}).flatMap(([step, given]) => {
    const compacted = compactBehavior(given);
    return compacted === null ? [] : [[step, compacted] as const];
  });
  return steps.length === 0 ? null : Object.fromEntries(steps);
}
