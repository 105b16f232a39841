// A launch as it was sent: the envelope, the definition's own input and the behavior, each against its schema, all mistakes at once.
// Promises that nothing was written when it refuses.

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { findChaosErrors, stepKeysOf } from '../chaos/asked.ts';
import { compactProcessBehavior, type ProcessBehavior, processBehaviorSchema } from '../chaos/behavior.ts';
import { compactExperiment } from '../chaos/experiment.ts';
import { type FieldError, UnknownProcessTypeError } from '../model/errors.ts';
import { fieldErrors, PARSE } from '../model/field-errors.ts';
import { isPlainObject } from '../model/storable.ts';
import type { AnyProcessDefinition, ProcessRegistry } from '../process/define.ts';
import type { LaunchRequest } from '../process/launch.ts';
import { idempotencyKeySchema, launchEnvelopeSchema } from './contract.ts';
import { refuse } from './validate.ts';

const ENVELOPE_KEYS = new Set(Object.keys(launchEnvelopeSchema.shape));

/** What a launch asks for, in the parts that are checked each by its own schema. */
export interface LaunchParts {
  /** Of every launch: `launchEnvelopeSchema`, the behavior included. */
  envelope: Readonly<Record<string, unknown>>;
  /** Of the process type. */
  input: Readonly<Record<string, unknown>>;
}

/** @throws InvalidInputError naming every invalid field; UnknownProcessTypeError when that is all that is wrong */
export function parseLaunch(body: unknown, processes: ProcessRegistry): LaunchRequest {
  if (!isPlainObject(body)) refuse([{ path: 'body', code: 'invalid_type', message: 'must be a JSON object' }]);
  const fields = Object.entries(body as Record<string, unknown>);
  return checkLaunch(
    {
      envelope: Object.fromEntries(fields.filter(([key]) => ENVELOPE_KEYS.has(key))),
      input: Object.fromEntries(fields.filter(([key]) => !ENVELOPE_KEYS.has(key))),
    },
    processes,
  );
}

/** @throws as parseLaunch */
export function checkLaunch(parts: LaunchParts, processes: ProcessRegistry): LaunchRequest {
  const envelope = launchEnvelopeSchema.safeParse(parts.envelope, PARSE);
  const { definition, unknown } = findDefinition(parts.envelope.process_type, processes);
  const input = definition?.input.safeParse(parts.input, PARSE);

  const { behavior } = parts.envelope;
  const errors = [
    ...errorsOf(envelope),
    ...errorsOf(input),
    ...(definition === undefined ? [] : findChaosErrors({ behavior, steps: stepKeysOf(definition) })),
  ];
  if (unknown !== undefined && errors.length === 0) throw unknown;
  refuse(firstOfEachPath([...errors, ...(unknown?.errors ?? [])]));
  if (!envelope.success || !input?.success) throw new TypeError('a failed parse has errors');

  const { count, name, seed, retry, lease_ms, reply_to, experiment } = envelope.data;
  const policy = { ...retry, lease_ms };
  // A definition of any input and state: its input is what its own schema returned.
  return {
    definition: definition as AnyProcessDefinition,
    count,
    input: input.data,
    behavior: compactProcessBehavior(behavior as ProcessBehavior),
    name,
    seed,
    policy,
    reply_to,
    experiment: compactExperiment(experiment),
  };
}

interface Parsed {
  error?: { issues: Parameters<typeof fieldErrors>[0] };
}

function errorsOf(parsed: Parsed | undefined): FieldError[] {
  return parsed?.error === undefined ? [] : fieldErrors(parsed.error.issues);
}

function firstOfEachPath(errors: readonly FieldError[]): FieldError[] {
  return [...new Map([...errors].reverse().map((error) => [error.path, error])).values()].reverse();
}

/** The newest definition of the type; neither it nor an error when the type is no name at all, which the envelope says. */
function findDefinition(type: unknown, processes: ProcessRegistry) {
  const parsed = launchEnvelopeSchema.shape.process_type.safeParse(type);
  if (!parsed.success) return {};
  const definition = processes.newest(parsed.data);
  if (definition !== undefined) return { definition };
  const known = [...new Set(processes.all().map((registered) => registered.type))];
  return { unknown: new UnknownProcessTypeError(parsed.data, known) };
}

/** What steps of the definition may be given as their behavior. */
function behaviorSchema(definition: AnyProcessDefinition) {
  return processBehaviorSchema(stepKeysOf(definition)).nullish();
}

/** The launch of any registered type, for the API's description. */
export function describeLaunch(processes: ProcessRegistry): z.ZodType {
  const types = new Set(processes.all().map((definition) => definition.type));
  const [first, ...more] = [...types].map((type) => describeType(processes.newest(type) as AnyProcessDefinition));
  if (first === undefined) return launchEnvelopeSchema;
  return more.length === 0 ? first : z.union([first, ...more]);
}

function describeType(definition: AnyProcessDefinition): z.ZodType {
  const input = definition.input instanceof z.ZodObject ? definition.input.shape : {};
  return z.strictObject({ ...launchEnvelopeSchema.shape, ...input, behavior: behaviorSchema(definition) });
}

/** What makes two launches the same: the key as sent, and a hash of the body whatever the order of its fields. */
export function readIdempotency(key: unknown, body: unknown): LaunchRequest['idempotency'] {
  if (key === undefined) return undefined;
  const parsed = idempotencyKeySchema.safeParse(key);
  if (!parsed.success) refuse(fieldErrors(parsed.error.issues, ['Idempotency-Key']));
  return { key: String(key), request_hash: createHash('sha256').update(canonicalJson(body)).digest('hex') };
}

/** JSON with the keys of every object in order. */
function canonicalJson(value: unknown): string {
  return (
    JSON.stringify(value, (_key, inner: unknown) =>
      isPlainObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
    ) ?? ''
  );
}
