// A launch as a program asks for it, field by field. What the database would refuse, a chunk would try again forever.
// Promises every mistake by its path, and that nothing was written.

import type { Bus } from '../bus/bus.ts';
import { findChaosErrors, findQueueErrors, refuseAny } from '../bus/request.ts';
import type { FieldError } from '../model/errors.ts';
import { findJsonErrors } from '../model/field-errors.ts';
import { LIMITS, MAX_LENGTH, SHAPES } from '../model/limits.ts';
import { findNumberErrors, findPolicyErrors } from '../model/policy.ts';
import type { CommandPolicy } from '../model/process.ts';
import { textProblem } from '../model/storable.ts';
import { type AnyProcessDefinition, unknownProcess } from './define.ts';
import type { LaunchRequest } from './launch.ts';

/** `policy` is the one that will hold. @throws InvalidInputError, UnknownProcessTypeError, ChaosNotInstalledError */
export function checkLaunchRequest(bus: Bus, request: LaunchRequest, policy: CommandPolicy): void {
  const { definition, count, input, behavior, experiment } = request;
  refuseUnregistered(bus, definition);
  const steps = definition.steps.map(({ key }) => key);
  refuseAny([
    ...findNumberErrors('count', count, LIMITS.batch_count),
    ...findPlaceErrors(request),
    // Of what JSON has no word for, a schema may know how to read a time from its text.
    ...findJsonErrors('input', input, (value) => value instanceof Date && !Number.isNaN(value.valueOf())),
    ...findPolicyErrors(policy),
    ...findLabelErrors(request),
    ...findChaosErrors(bus.hooks, { behavior, experiment, steps }, ''),
  ]);
}

/** A chunk of what is not known here would be tried again forever. */
function refuseUnregistered(bus: Bus, { type, version }: AnyProcessDefinition): void {
  const known = bus.hooks.processTypes?.();
  if (known === undefined || known.some((one) => one.type === type && one.version === version)) return;
  throw unknownProcess(known, type, version);
}

/** What a batch of either kind is called, drawn from, and answers to. */
export function findLabelErrors({
  name,
  seed,
  reply_to,
}: Pick<LaunchRequest, 'name' | 'seed' | 'reply_to'>): FieldError[] {
  const problem = (path: string, message: string) => [{ path, code: 'invalid', message }];
  return [
    ...(name !== undefined && (typeof name !== 'string' || name.length > MAX_LENGTH.label || textProblem(name) !== null)
      ? problem('name', `must be a text of at most ${MAX_LENGTH.label} characters that can be stored`)
      : []),
    ...(seed !== undefined && !SHAPES.seed.pattern.test(seed) ? problem('seed', SHAPES.seed.message) : []),
    ...findQueueErrors('reply_to', reply_to),
  ];
}

/** Places are integers of the database. */
function findPlaceErrors({ first_ordinal = 0, count }: LaunchRequest): FieldError[] {
  // A count that is none has its own error.
  const last = first_ordinal + (Number.isInteger(count) ? count : 0);
  if (Number.isInteger(first_ordinal) && first_ordinal >= 0 && last <= 2 ** 31) return [];
  return [{ path: 'first_ordinal', code: 'invalid', message: 'must leave room for all from 0 to 2147483647' }];
}
