// Profiles as they were sent: the fields, and the behavior against the steps of the process type it is for, all mistakes at once.
// Promises that nothing was written when it refuses.

import { z } from 'zod';
import { commandBehaviorSchema, compactProcessBehavior, processBehaviorSchema } from '../chaos/behavior.ts';
import { type FieldError, UnknownProcessTypeError } from '../model/errors.ts';
import { fieldErrors, PARSE } from '../model/field-errors.ts';
import { isPlainObject } from '../model/storable.ts';
import type { ProcessRegistry } from '../process/define.ts';
import { nameSchema, type ProfileBody, profileBodySchema, profileImportSchema } from './contract.ts';
import { refuse } from './validate.ts';

/** What is kept of a profile. */
export interface ParsedProfile {
  name: string;
  description: string | null;
  process_type: string | null;
  behavior: Record<string, unknown>;
}

/** Without a process type any step may be named: one that a process does not have is passed over. */
const anySteps = z.record(nameSchema, commandBehaviorSchema.nullish());

/** @throws InvalidInputError naming every invalid field */
export function parseProfile(body: unknown, processes: ProcessRegistry): ParsedProfile {
  const { profile, errors } = readProfile(body, processes, []);
  refuse(errors);
  return profile as ParsedProfile;
}

/** The profiles of an exported document. @throws InvalidInputError naming every invalid field: `profiles.3.behavior.render.timeout_pct` */
export function parseProfileImport(body: unknown, processes: ProcessRegistry): ParsedProfile[] {
  const document = profileImportSchema.safeParse(body, PARSE);
  if (!document.success) {
    refuse(fieldErrors(document.error.issues));
    return [];
  }
  const parsed = document.data.profiles.map((each, index) => readProfile(each, processes, ['profiles', index]));
  refuse([...parsed.flatMap(({ errors }) => errors), ...repeatedNames(parsed)]);
  return parsed.map(({ profile }) => profile as ParsedProfile);
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
  return { profile: keptOf(fields.data, compactProcessBehavior(behavior.data) ?? {}), errors: [] };
}

function keptOf({ name, description, process_type }: ProfileBody, behavior: Record<string, unknown>): ParsedProfile {
  return { name, description: description ?? null, process_type: process_type ?? null, behavior };
}

function behaviorSchemaOf(process_type: unknown, processes: ProcessRegistry, at: readonly PropertyKey[]) {
  const type = nameSchema.safeParse(process_type);
  if (!type.success) return { schema: anySteps, errors: [] };
  const definition = processes.newest(type.data);
  if (definition !== undefined) {
    return { schema: processBehaviorSchema(definition.steps.map(({ key }) => key)), errors: [] };
  }
  const { errors } = new UnknownProcessTypeError(type.data, knownTypes(processes));
  return { schema: anySteps, errors: errors.map((error) => ({ ...error, path: [...at, error.path].join('.') })) };
}

export function knownTypes(processes: ProcessRegistry): string[] {
  return [...new Set(processes.all().map(({ type }) => type))];
}

function repeatedNames(parsed: readonly Read[]): FieldError[] {
  const seen = new Set<string>();
  return parsed.flatMap(({ profile }, index) => {
    if (profile === null || !seen.has(profile.name)) {
      if (profile !== null) seen.add(profile.name);
      return [];
    }
    return [{ path: `profiles.${index}.name`, code: 'repeated', message: 'stands in the document twice' }];
  });
}
