// Injection into one batch, and the behavior of its steps.

import { z } from 'zod';
import { documentOut, idSchema, time } from './fields.ts';
import { killSwitchBodySchema } from './kill-switch.ts';

/** Ends injection into one batch for good. */
export const stopInjectionBodySchema = killSwitchBodySchema.omit({ stopped: true });
export const injectionStoppedSchema = z.object({ batch_id: idSchema, injection_stopped_at: time });
export type InjectionStopped = z.infer<typeof injectionStoppedSchema>;

/** Steps sent from now on have this behavior; null: none. Validated with the definition's own step keys. */
export const changeBehaviorBodySchema = killSwitchBodySchema
  .omit({ stopped: true })
  .extend({ behavior: documentOut.nullable() });
export type ChangeBehaviorBody = z.infer<typeof changeBehaviorBodySchema>;
