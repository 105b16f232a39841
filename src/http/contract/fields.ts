// The schemas that every part of the contract shares: ids, times, errors and pages.

import { z } from 'zod';
import { hasSteering } from '../../model/error-text.ts';
import { MAX_LENGTH } from '../../model/limits.ts';
import { backoffSchema, nameSchema, queueSchema, seedSchema, whole } from '../../model/schemas.ts';
import { isPlainObject } from '../../model/storable.ts';

/** Any uuid: callers may give ids of their own, of whatever version. */
export const idSchema = z.guid();
export const count = z.number().int();
export const time = z.string();
export const timeOrNull = z.string().nullable();
const noNul = (value: string) => !value.includes('\0');
export const shortText = (max: number) =>
  z.string().trim().min(1).max(max).refine(noNul, { error: 'must not contain a NUL byte' });
/** Who acts. Logs and lists show the name, so it must not break a line or change the direction of text. */
export const actorSchema = shortText(MAX_LENGTH.actor).refine((name) => !hasSteering(name), {
  error: 'must not contain control characters, or marks of direction',
});

export { backoffSchema, nameSchema, queueSchema, seedSchema, whole };

/** A document of the sender's own. A record would be copied key by key. */
export const documentSchema = z.custom<Record<string, unknown>>(isPlainObject, 'must be an object');
// The API's description cannot express a custom check.
documentSchema._zod.toJSONSchema = () => ({ type: 'object', additionalProperties: {} });

/** A document in an answer. */
export const documentOut = z.record(z.string(), z.unknown());

/**
 * Attempts ended. A success under a fault is a success; `injected` and `failed` are other ends with and without a
 * fault.
 */
export const throughputSlices = z.array(
  z.object({ at: time, success: z.number(), failed: z.number(), injected: z.number() }),
);

/** For 24 hours the same key with the same request is the same request, and gets the same answer. */
export const idempotencyHeaders = z.looseObject({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 visible ASCII characters without spaces')
    .optional(),
});

export const batchParams = z.object({ batch_id: idSchema });
export const commandParams = z.object({ command_id: idSchema });
export const processParams = z.object({ process_id: idSchema });

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
export interface Page<Item> {
  items: Item[];
  /** Null on the last page. */
  next_cursor: string | null;
}
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), next_cursor: z.string().nullable() });
