// The options that name a behavior, `--profile` and `--chaos`, and the document they make.

import { Option } from 'commander';
import type { Config, Profile } from '../http/contract.ts';
import { CliError, EXIT } from '../supervisor/exit.ts';
import type { Client } from './client.ts';
import { assign, type Document, isDocument } from './json-options.ts';

export interface ChaosFlags {
  type?: string;
  profile?: string;
  chaos?: Document;
}

export const profileOption = () =>
  new Option('--profile <name>', 'chaos from a profile, by name or id (`faultline profile list`)');

export const chaosOption = () =>
  new Option('--chaos <step.field=value>', 'faults of a step; repeatable, overrides the profile').argParser(assign);

/** The behavior of --profile, overridden field by field by --chaos; undefined without either. */
export async function behaviorOf(client: Client, { type, profile, chaos }: ChaosFlags): Promise<Document | undefined> {
  if (profile === undefined) return chaos;
  const behavior = await profileBehavior(client, profile, type);
  for (const [step, fields] of Object.entries(chaos ?? {})) {
    const inherited = behavior[step];
    behavior[step] = isDocument(fields) && isDocument(inherited) ? { ...inherited, ...fields } : fields;
  }
  return behavior;
}

async function profileBehavior(client: Client, name: string, type: string | undefined): Promise<Document> {
  const config = await client.get<Config>('/config');
  const process_type = type ?? config.defaults.process_type ?? undefined;
  const { behavior, process_type: own } = await findProfile(client, name, process_type);
  if (own !== null) return { ...behavior };
  // A profile for any process may name steps that this one does not have.
  const steps = config.process_types.find((each) => each.type === process_type)?.steps.map(({ key }) => key) ?? [];
  const used = Object.entries(behavior).filter(([step]) => steps.includes(step));
  if (used.length > 0 || Object.keys(behavior).length === 0) return Object.fromEntries(used);
  throw new CliError(`The profile ${name} says nothing about any step of ${process_type}.`, EXIT.usage);
}

/** The profiles for a process type, or all saved ones without a type. */
export async function readProfiles(client: Client, process_type: string | undefined): Promise<Profile[]> {
  return (await client.get<{ items: Profile[] }>('/profiles', { process_type })).items;
}

/** Finds a profile by name in any letter case, or by id. @throws CliError that lists the existing profiles */
export async function findProfile(client: Client, name: string, process_type: string | undefined): Promise<Profile> {
  const profiles = await readProfiles(client, process_type);
  const found =
    profiles.find((profile) => profile.name === name || profile.profile_id === name) ??
    profiles.find((profile) => profile.name.toLowerCase() === name.toLowerCase());
  if (found !== undefined) return found;
  const names = profiles.map((profile) => profile.name).join(', ') || 'none';
  throw new CliError(`There is no profile ${name}. There are: ${names}.`, EXIT.refused);
}
