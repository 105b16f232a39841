// Settings that change at run time.

import { z } from 'zod';
import { SETTING_BOUNDS, type SettingPath } from '../../model/limits.ts';
import { SETTING_PATHS } from '../../model/settings.ts';
import { actorSchema, backoffSchema, whole } from './fields.ts';

const optional = <T extends z.ZodType>(schema: T) => schema.nullable().optional();
const within = (path: SettingPath) => optional(whole(SETTING_BOUNDS[path]));

/** Null resets a setting to its default; an absent one stays. */
export const settingsPatchSchema = z.strictObject({
  slots: within('slots'),
  poll_ms: within('poll_ms'),
  drain_ms: within('drain_ms'),
  lease_ms: within('lease_ms'),
  retry: z
    .strictObject({
      max_attempts: within('retry.max_attempts'),
      backoff_ms: optional(backoffSchema),
      jitter_pct: within('retry.jitter_pct'),
    })
    .optional(),
  retention: z.strictObject({ prune_after_days: within('retention.prune_after_days') }).optional(),
  actor: actorSchema.optional(),
});
export type SettingsChange = z.infer<typeof settingsPatchSchema>;

export const shownSettingsSchema = z.record(
  z.enum(SETTING_PATHS),
  z.object({ value: z.unknown(), default: z.unknown(), source: z.enum(['stored', 'default']) }),
);
