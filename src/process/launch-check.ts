// A launch request and its validation. It rejects what the database would reject, because a chunk would retry forever.

import { z } from 'zod';
import type { Bus } from '../bus/bus.ts';
import { findChaosErrors, rejectIfAny } from '../bus/request.ts';
import type { Idempotency } from '../db/queries/idempotency.ts';
import type { FieldError } from '../model/errors.ts';
import { findJsonErrors } from '../model/field-errors.ts';
import { LIMITS } from '../model/limits.ts';
import type { CommandPolicy } from '../model/process.ts';
import { batchLabelShape, findErrors, policySchema, whole } from '../model/schemas.ts';
import { type AnyProcessDefinition, unknownProcess } from './define.ts';

export interface LaunchRequest {
  definition: AnyProcessDefinition;
  /** 1 to 100,000. */
  count: number;
  /** The input as the definition's schema returned it. */
  input: unknown;
  /** Put into the state of every process as `behavior`; opaque here. */
  behavior?: Record<string, unknown> | null;
  name?: string;
  /** 1-64 of A-Z a-z 0-9 . _ -; drawn (16 hex digits) when absent. */
  seed?: string;
  policy?: Partial<CommandPolicy>;
  /** The queue for the reply to the end of the batch. */
  reply_to?: string;
  /** The ordinal of its first process (0), to repeat some processes of another batch with the same rolls. */
  first_ordinal?: number;
  /** Stored with the batch and passed to `behaviorOf`; opaque here. */
  experiment?: Record<string, unknown> | null;
  idempotency?: Idempotency;
}

const launchSchema = z.object({ count: whole(LIMITS.batch_count), ...batchLabelShape });

/** `policy` is the one in effect. @throws InvalidInputError, UnknownProcessTypeError, ChaosNotInstalledError */
export function checkLaunchRequest(bus: Bus, request: LaunchRequest, policy: CommandPolicy): void {
  const { definition, input, behavior, experiment } = request;
  rejectUnregistered(bus, definition);
  const steps = definition.steps.map(({ key }) => key);
  rejectIfAny([
    ...findErrors(launchSchema, request),
    ...findOrdinalErrors(request),
    // A schema may parse a time from the text that JSON makes of a Date.
    ...findJsonErrors(['input'], input, (value) => value instanceof Date && !Number.isNaN(value.valueOf())),
    ...findErrors(policySchema, policy, 'policy'),
    ...findChaosErrors(bus.hooks, { behavior, experiment, steps }),
  ]);
}

function rejectUnregistered(bus: Bus, { type, version }: AnyProcessDefinition): void {
  const known = bus.hooks.processTypes?.();
  if (known === undefined || known.some((one) => one.type === type && one.version === version)) return;
  throw unknownProcess(known, type, version);
}

/** Ordinals are integers of the database. */
function findOrdinalErrors({ first_ordinal = 0, count }: LaunchRequest): FieldError[] {
  const last = first_ordinal + (Number.isInteger(count) ? count : 0);
  if (Number.isInteger(first_ordinal) && first_ordinal >= 0 && last <= 2 ** 31) return [];
  return [{ path: 'first_ordinal', code: 'invalid', message: 'must leave room for all from 0 to 2147483647' }];
}
