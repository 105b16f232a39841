// The kill switch.

import { z } from 'zod';
import { actorSchema, shortText, timeOrNull } from './fields.ts';

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
