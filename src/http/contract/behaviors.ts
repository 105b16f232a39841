// Injection into one batch, and the behavior of its steps.

import { z } from 'zod';
import { documentOut, idSchema, time } from './fields.ts';
import { killSwitchBodySchema } from './kill-switch.ts';

export const stopInjectionBodySchema = killSwitchBodySchema.omit({ stopped: true });
export const injectionStoppedSchema = z.object({ batch_id: idSchema, injection_stopped_at: time });

/** Steps sent from now on have this behavior; null: none. Validated with the step keys of the process type. */
export const changeBehaviorBodySchema = killSwitchBodySchema
  .omit({ stopped: true })
  .extend({ behavior: documentOut.nullable() });
