// The schemas of the values that callers provide, shared by the library and the wire, so that both accept the same.
// Built from the table of limits; messages name the bounds.

import { z } from 'zod';
import type { FieldError } from './errors.ts';
import { fieldErrors, PARSE } from './field-errors.ts';
import { LIMITS, MAX_LENGTH, type Range, rangeMessage, SHAPES, type Shape } from './limits.ts';
import { textProblem } from './storable.ts';

export function whole(range: Range) {
  const error = rangeMessage(range);
  return z.number({ error }).int({ error }).min(range.min, { error }).max(range.max, { error });
}

const shaped = ({ pattern, message }: Shape) => z.string({ error: message }).regex(pattern, message);

export const nameSchema = shaped(SHAPES.name);
/** A reply queue. */
export const queueSchema = shaped(SHAPES.queue);
export const seedSchema = shaped(SHAPES.seed);
/** The delays between attempts, in ms. */
const { min, max } = LIMITS.backoff_count;
const delays = `must be a list of ${min} to ${max} delays`;
export const backoffSchema = z.array(whole(LIMITS.backoff_ms), delays).min(min, delays).max(max, delays);

/** The fields of a retry policy. */
export const retryShape = {
  max_attempts: whole(LIMITS.max_attempts).optional(),
  backoff_ms: backoffSchema.optional(),
  jitter_pct: whole(LIMITS.jitter_pct).optional(),
};
export const policySchema = z.object({ ...retryShape, lease_ms: whole(LIMITS.lease_ms).optional() });

/** What a launch may say of a batch of either kind. */
export const batchLabelShape = {
  name: z
    .string()
    .max(MAX_LENGTH.label)
    .refine((name) => textProblem(name) === null, { error: 'must be text that can be stored' })
    .optional(),
  seed: seedSchema.optional(),
  reply_to: queueSchema.optional(),
};

const orNull = <T extends z.ZodType>(schema: T) => schema.nullable().optional();

/** Null resets a setting to its default; an absent one does not change. */
export const settingsPatchShape = {
  slots: orNull(whole(LIMITS.slots)),
  poll_ms: orNull(whole(LIMITS.poll_ms)),
  drain_ms: orNull(whole(LIMITS.drain_ms)),
  lease_ms: orNull(whole(LIMITS.lease_ms)),
  retry: z
    .strictObject({
      max_attempts: orNull(whole(LIMITS.max_attempts)),
      backoff_ms: orNull(backoffSchema),
      jitter_pct: orNull(whole(LIMITS.jitter_pct)),
    })
    .optional(),
  retention: z.strictObject({ prune_after_days: orNull(whole(LIMITS.prune_after_days)) }).optional(),
};
const settingsPatchSchema = z.object(settingsPatchShape);
export type SettingsPatch = z.infer<typeof settingsPatchSchema>;
export const findSettingErrors = (patch: SettingsPatch) => findErrors(settingsPatchSchema, patch);

/** Every invalid field of `value`; `prefix` is its position in the caller's request. */
export function findErrors(schema: z.ZodType, value: unknown, ...prefix: PropertyKey[]): FieldError[] {
  const parsed = schema.safeParse(value, PARSE);
  return parsed.success ? [] : fieldErrors(parsed.error.issues, prefix);
}
