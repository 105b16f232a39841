// Profiles: the built-in ones of each process type, and the validation of requests, which reports all errors at once.
// No saved profile has the name of a built-in one.

import { z } from 'zod';
import { stepKeysOf } from '../chaos/asked.ts';
import { commandBehaviorSchema, compactProcessBehavior, processBehaviorSchema } from '../chaos/behavior.ts';
import { builtinProfiles } from '../chaos/profiles.ts';
import { type FieldError, ProfileNameTakenError, UnknownProcessTypeError, WrongStateError } from '../model/errors.ts';
import { fieldErrors, PARSE } from '../model/field-errors.ts';
import { isPlainObject } from '../model/storable.ts';
import type { ProcessRegistry } from '../process/define.ts';
import { nameSchema, type Profile, profileBodySchema, profileImportSchema } from './contract.ts';
import { refuse } from './validate.ts';

/** @throws UnknownProcessTypeError */
export function builtinProfilesOf(processes: ProcessRegistry, process_type: string): Profile[] {
  const definition = processes.newest(process_type);
  if (definition === undefined) throw new UnknownProcessTypeError(process_type, processes.types());
  const rest = { process_type, builtin: true, created_at: null, updated_at: null };
  return builtinProfiles(stepKeysOf(definition)).map((profile) => ({ ...profile, ...rest }));
}

function allBuiltin(processes: ProcessRegistry): Profile[] {
  return processes.types().flatMap((type) => builtinProfilesOf(processes, type));
}

export function refuseBuiltin(profile_id: string, processes: ProcessRegistry): void {
  if (allBuiltin(processes).some((profile) => profile.profile_id === profile_id))
    throw new WrongStateError('A built-in profile cannot be changed: save another one under a new name.');
}

interface NamedProfile {
  path: string;
  name: string;
}

function refuseBuiltinNames(named: readonly NamedProfile[], processes: ProcessRegistry): void {
  const names = new Set(allBuiltin(processes).map(({ name }) => name));
  const taken = named.filter(({ name }) => names.has(name));
  if (taken.length > 0) throw new ProfileNameTakenError(taken);
}

/** The profiles of a document, each with the path of its name. */
export function namesOf(profiles: readonly { name: string }[]): NamedProfile[] {
  return profiles.map(({ name }, index) => ({ path: `profiles.${index}.name`, name }));
}

/** The stored fields of a profile. */
export interface ParsedProfile {
  name: string;
  description: string | null;
  process_type: string | null;
  behavior: Record<string, unknown>;
}

/** Without a process type, any step may be named: a process ignores steps that it does not have. */
const anySteps = z.record(nameSchema, commandBehaviorSchema.nullish());

/** @throws InvalidInputError naming every invalid field, ProfileNameTakenError */
export function parseProfile(body: unknown, processes: ProcessRegistry): ParsedProfile {
  const { profile, errors } = readProfile(body, processes, []);
  refuse(errors);
  const parsed = profile as ParsedProfile;
  refuseBuiltinNames([{ path: 'name', name: parsed.name }], processes);
  return parsed;
}

/** The profiles of an exported document. @throws as parseProfile; a path is `profiles.3.behavior.render.timeout_pct` */
export function parseProfileImport(body: unknown, processes: ProcessRegistry): ParsedProfile[] {
  const document = profileImportSchema.safeParse(body, PARSE);
  if (!document.success) {
    refuse(fieldErrors(document.error.issues));
    return [];
  }
  const read = document.data.profiles.map((each, index) => readProfile(each, processes, ['profiles', index]));
  refuse([...read.flatMap(({ errors }) => errors), ...repeatedNames(read)]);
  const parsed = read.map(({ profile }) => profile as ParsedProfile);
  refuseBuiltinNames(namesOf(parsed), processes);
  return parsed;
}

interface Read {
  profile: ParsedProfile | null;
  errors: FieldError[];
}

function readProfile(body: unknown, processes: ProcessRegistry, at: readonly PropertyKey[]): Read {
  const fields = profileBodySchema.safeParse(body, PARSE);
  const given = isPlainObject(body) ? body : {};
  const { schema, errors } = behaviorSchemaOf(given.process_type, processes, at);
  const behavior = isPlainObject(given.behavior) ? schema.safeParse(given.behavior, PARSE) : null;
  const wrong = [
    ...(fields.success ? [] : fieldErrors(fields.error.issues, at)),
    ...(behavior === null || behavior.success ? [] : fieldErrors(behavior.error.issues, [...at, 'behavior'])),
    ...errors,
  ];
  if (!fields.success || !behavior?.success || wrong.length > 0) return { profile: null, errors: wrong };
  const { name, description = null, process_type = null } = fields.data;
  const kept = compactProcessBehavior(behavior.data) ?? {};
  return { profile: { name, description, process_type, behavior: kept }, errors: [] };
}

function behaviorSchemaOf(process_type: unknown, processes: ProcessRegistry, at: readonly PropertyKey[]) {
  const type = nameSchema.safeParse(process_type);
  if (!type.success) return { schema: anySteps, errors: [] };
  const definition = processes.newest(type.data);
  if (definition !== undefined) return { schema: processBehaviorSchema(stepKeysOf(definition)), errors: [] };
  const { errors } = new UnknownProcessTypeError(type.data, processes.types());
  return { schema: anySteps, errors: errors.map((error) => ({ ...error, path: [...at, error.path].join('.') })) };
}

function repeatedNames(read: readonly Read[]): FieldError[] {
  const names = read.map(({ profile }) => profile?.name);
  return names.flatMap((name, index) =>
    name === undefined || names.indexOf(name) === index
      ? []
      : [
          {
            path: `profiles.${index}.name`,
            code: 'repeated',
            message: 'is the name of another profile of the document',
          },
        ],
  );
}
