// Built-in profiles as the wire shows them, for the process types that are registered here.
// Promises that no saved profile takes the name of one.

import { builtinProfiles } from '../chaos/profiles.ts';
import { ProfileNameTakenError, UnknownProcessTypeError, WrongStateError } from '../model/errors.ts';
import type { ProcessRegistry } from '../process/define.ts';
import type { Profile } from './contract.ts';
import { knownTypes } from './profile-body.ts';

/** @throws UnknownProcessTypeError */
export function builtinOf(processes: ProcessRegistry, process_type: string): Profile[] {
  const definition = processes.newest(process_type);
  if (definition === undefined) throw new UnknownProcessTypeError(process_type, knownTypes(processes));
  return builtinProfiles(definition.steps.map(({ key }) => key)).map((profile) => ({
    ...profile,
    process_type,
    builtin: true,
    created_at: null,
    updated_at: null,
  }));
}

/** Of every process type that is registered here. */
function allBuiltin(processes: ProcessRegistry): Profile[] {
  return knownTypes(processes).flatMap((type) => builtinOf(processes, type));
}

/** A profile is chosen by its name: it must mean one. */
export function refuseBuiltinName(places: readonly { path: string; name: string }[], processes: ProcessRegistry): void {
  const names = new Set(allBuiltin(processes).map(({ name }) => name));
  const taken = places.filter(({ name }) => names.has(name));
  if (taken.length > 0) throw new ProfileNameTakenError(taken);
}

export function refuseBuiltin(profile_id: string, processes: ProcessRegistry): void {
  if (allBuiltin(processes).some((profile) => profile.profile_id === profile_id))
    throw new WrongStateError('A built-in profile stays as it is: save another under a name of your own.');
}
