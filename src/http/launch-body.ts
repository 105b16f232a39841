// The body of a launch: the fields common to every launch, and the behavior and the input of the process type.
// Every mistake is reported at once.

import { z } from 'zod';
import { stepKeysOf } from '../chaos/asked.ts';
import { compactProcessBehavior, type ProcessBehavior, processBehaviorSchema } from '../chaos/behavior.ts';
import { compactExperiment } from '../chaos/experiment.ts';
import { type FieldError, UnknownProcessTypeError } from '../model/errors.ts';
import { fieldErrors, PARSE } from '../model/field-errors.ts';
import { isPlainObject } from '../model/storable.ts';
import { type Application, defaultProcessType } from '../process/application.ts';
import type { AnyProcessDefinition, ProcessRegistry } from '../process/define.ts';
import type { LaunchRequest } from '../process/launch-check.ts';
import { launchEnvelopeSchema } from './contract.ts';
import { refuse } from './validate.ts';

const ENVELOPE_KEYS = new Set(Object.keys(launchEnvelopeSchema.shape));

/** The processes and the application that a launch may use. */
export interface Launchable {
  processes: ProcessRegistry;
  application: Application;
}

/** The parts of a launch request. */
export interface LaunchParts {
  /** Common to every launch: `launchEnvelopeSchema`, with the behavior of the process type's steps. */
  envelope: Readonly<Record<string, unknown>>;
  /** Of the process type. */
  input: Readonly<Record<string, unknown>>;
}

/** @throws InvalidInputError naming every invalid field; UnknownProcessTypeError when that is the only mistake */
export function parseLaunch(body: unknown, launchable: Launchable): LaunchRequest {
  if (!isPlainObject(body)) refuse([{ path: 'body', code: 'invalid_type', message: 'must be a JSON object' }]);
  const fields = Object.entries(body as Record<string, unknown>);
  return checkLaunch(
    {
      envelope: Object.fromEntries(fields.filter(([key]) => ENVELOPE_KEYS.has(key))),
      input: Object.fromEntries(fields.filter(([key]) => !ENVELOPE_KEYS.has(key))),
    },
    launchable,
  );
}

/** @throws as parseLaunch */
export function checkLaunch(parts: LaunchParts, launchable: Launchable): LaunchRequest {
  const { definition, unknown } = findDefinition(parts.envelope.process_type, launchable);
  const envelope = (definition ? envelopeOf(definition) : launchEnvelopeSchema).safeParse(parts.envelope, PARSE);
  const input = definition?.input.safeParse(parts.input, PARSE);
  const errors = [...errorsOf(envelope), ...errorsOf(input)];
  if (unknown !== undefined && errors.length === 0) throw unknown;
  refuse([...errors, ...(unknown?.errors ?? [])]);
  if (definition === undefined || !envelope.success || !input?.success)
    throw new TypeError('a failed parse has errors');

  const { count, name, seed, retry, lease_ms, reply_to, experiment } = envelope.data;
  return {
    definition,
    count,
    input: input.data,
    // The document as sent, because parsing returns a copy.
    behavior: compactProcessBehavior(parts.envelope.behavior as ProcessBehavior),
    name,
    seed,
    policy: { ...retry, lease_ms },
    reply_to,
    experiment: compactExperiment(experiment),
  };
}

function envelopeOf(definition: AnyProcessDefinition) {
  return launchEnvelopeSchema.extend({ behavior: processBehaviorSchema(stepKeysOf(definition)).nullish() });
}

function errorsOf(parsed: { error?: { issues: Parameters<typeof fieldErrors>[0] } } | undefined): FieldError[] {
  return parsed?.error === undefined ? [] : fieldErrors(parsed.error.issues);
}

/** The newest definition of the type. Neither it nor an error for an invalid name, which the envelope reports. */
function findDefinition(
  process_type: unknown,
  { processes, application }: Launchable,
): { definition?: AnyProcessDefinition; unknown?: UnknownProcessTypeError } {
  const type = launchEnvelopeSchema.shape.process_type.safeParse(process_type);
  if (!type.success) return {};
  const name = type.data ?? defaultProcessType(application) ?? '';
  const definition = processes.newest(name);
  return definition ? { definition } : { unknown: new UnknownProcessTypeError(name, processes.types()) };
}

/** The body of a launch of any registered type, for the API's description. */
export function describeLaunch({ processes }: Launchable): z.ZodType {
  const [first, ...more] = processes.types().map((type) => {
    const definition = processes.newest(type) as AnyProcessDefinition;
    const input = definition.input instanceof z.ZodObject ? definition.input.shape : {};
    return z.strictObject({ ...envelopeOf(definition).shape, ...input });
  });
  if (first === undefined) return launchEnvelopeSchema;
  return more.length === 0 ? first : z.union([first, ...more]);
}
