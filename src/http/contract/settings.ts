// Settings that change at run time.

import { z } from 'zod';
import { settingsPatchShape } from '../../model/schemas.ts';
import { SETTING_PATHS } from '../../model/settings.ts';
import { actorSchema } from './fields.ts';

/** Null resets a setting to its default; an absent one stays. */
export const settingsPatchSchema = z.strictObject({
  ...settingsPatchShape,
  actor: actorSchema.optional(),
});
export type SettingsChange = z.infer<typeof settingsPatchSchema>;

export const shownSettingsSchema = z.record(
  z.enum(SETTING_PATHS),
  z.object({ value: z.unknown(), default: z.unknown(), source: z.enum(['stored', 'default']) }),
);
