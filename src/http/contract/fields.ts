// What every part of the wire shares: ids, times, errors and pages.

import { z } from 'zod';
import { hasSteering } from '../../model/error-text.ts';
import { LIMITS, MAX_LENGTH, type Range, SHAPES } from '../../model/limits.ts';
import { isPlainObject } from '../../model/storable.ts';

/** Any uuid: callers may give ids of their own, of whatever version. */
export const idSchema = z.guid();
export const time = z.string();
export const timeOrNull = z.string().nullable();
const noNul = (value: string) => !value.includes('\0');
export const shortText = (max: number) =>
  z.string().trim().min(1).max(max).refine(noNul, { error: 'must not contain a NUL byte' });
/** Who acts: a name that logs and lists show, so nothing that starts a line there or turns it round. */
export const actorSchema = shortText(MAX_LENGTH.actor).refine((name) => !hasSteering(name), {
  error: 'must not contain control characters, or marks of direction',
});
/** A name as definitions give it: of a domain, of a type. */
export const nameSchema = z.string().regex(SHAPES.name.pattern, SHAPES.name.message);

/** Where replies are put until somebody consumes them. */
export const queueSchema = z.string().regex(SHAPES.queue.pattern, SHAPES.queue.message);

export const whole = ({ min, max }: Range) => z.number().int().min(min).max(max);
/** The delays between attempts, in ms. */
export const backoffSchema = z
  .array(whole(LIMITS.backoff_ms))
  .min(LIMITS.backoff_count.min)
  .max(LIMITS.backoff_count.max);

/** A document of the sender's own. Not a record, which is copied key by key: nothing in it is of interest here. */
export const documentSchema = z.custom<Record<string, unknown>>(isPlainObject, 'must be an object');
// For the API's description, which has no word for a check of our own.
documentSchema._zod.toJSONSchema = () => ({ type: 'object', additionalProperties: {} });

/** For 24 hours the same key with the same request is the same request, and gets the same answer. */
export const idempotencyHeaders = z.looseObject({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 visible ASCII characters without spaces')
    .optional(),
});

// Errors: application/problem+json, RFC 9457.
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.string(),
  detail: z.string(),
  errors: z.array(z.object({ path: z.string(), code: z.string(), message: z.string() })),
});
export type Problem = z.infer<typeof problemSchema>;

/** `cursor` is opaque: the `next_cursor` of the page before. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(100).default(50),
  cursor: z.string().max(300).optional(),
};
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), next_cursor: z.string().nullable() });
