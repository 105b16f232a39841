// CommandBehavior: what chaos does to a command, as a document. Every field optional, zero by default.
// Parsed once, at the edge; unknown fields and out-of-range values are refused with their path.

import { z } from 'zod';

// PostgreSQL text cannot hold a NUL byte: refused here, with the field's name, rather than at the insert.
const text = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((value) => !value.includes('\0'), { error: 'must not contain a NUL byte' });

const percent = z.number().min(0).max(100);
const duration = z.number().int().min(0).max(3_600_000);

export const commandBehaviorSchema = z
  .strictObject({
    fail_permanent_pct: percent.nullish(),
    fail_transient_pct: percent.nullish(),
    fail_business_rule_pct: percent.nullish(),
    timeout_pct: percent.nullish(),
    min_duration_ms: duration.nullish(),
    max_duration_ms: duration.nullish(),
    error_code: text(100).nullish(),
    error_message: text(1000).nullish(),
    send_response: z.boolean().nullish(),
    response_data: z.record(z.string(), z.json()).nullish(),
  })
  .superRefine((behavior, context) => {
    if (
      behavior.min_duration_ms != null &&
      behavior.max_duration_ms != null &&
      behavior.min_duration_ms > behavior.max_duration_ms
    ) {
      context.addIssue({
        code: 'custom',
        path: ['min_duration_ms'],
        message: 'must not be greater than max_duration_ms',
      });
    }
  });

/** What chaos does to one command. Percentages 0-100, durations in ms; null equals absent. */
export type CommandBehavior = z.infer<typeof commandBehaviorSchema>;

/** The behavior of a process: by step key. */
export type ProcessBehavior = Record<string, CommandBehavior>;

/** A schema that takes a behavior for each of the given step keys and for no other. */
export function processBehaviorSchema(stepKeys: readonly string[]) {
  return z.strictObject(Object.fromEntries(stepKeys.map((key) => [key, commandBehaviorSchema.nullish()])));
}
