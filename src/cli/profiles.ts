// faultline profile list | show | save | delete | export | import: built-in and saved behaviors of a running server.
// A profile is named by its name, or by its id.

import { readFile, writeFile } from 'node:fs/promises';
import type { Config, OnConflict, Profile, ProfileExport, ProfileImportAnswer } from '../http/contract.ts';
import { CliError, EXIT, type ExitCode } from '../supervisor/exit.ts';
import type { Document } from './assignments.ts';
import type { Client } from './client.ts';
import { parseJsonFile } from './json-text.ts';
import { jsonText, printJson, printTable, remark, say } from './print.ts';

/** Those of a process type, or without one all saved ones. */
async function readProfiles(client: Client, process_type: string | undefined): Promise<Profile[]> {
  return (await client.get<{ items: Profile[] }>('/profiles', { process_type })).items;
}

/** By name, whatever its case, or id. @throws CliError naming those there are */
export async function findProfile(client: Client, name: string, process_type: string | undefined): Promise<Profile> {
  const profiles = await readProfiles(client, process_type);
  const found =
    profiles.find((profile) => profile.name === name || profile.profile_id === name) ??
    profiles.find((profile) => profile.name.toLowerCase() === name.toLowerCase());
  if (found !== undefined) return found;
  const names = profiles.map((profile) => profile.name).join(', ') || 'none';
  throw new CliError(`There is no profile ${name}. There are: ${names}.`, EXIT.refused);
}

export interface ProfileFlags {
  type?: string;
  json: boolean;
}

export async function listProfiles(client: Client, flags: ProfileFlags): Promise<ExitCode> {
  const profiles = await readProfiles(client, flags.type ?? (await defaultType(client)));
  if (flags.json) printJson(profiles);
  else {
    printTable(
      ['name', 'id', 'for', 'steps', 'description'],
      profiles.map(({ name, profile_id, builtin, process_type, behavior, description }) => [
        name,
        profile_id,
        builtin ? 'built in' : (process_type ?? 'any'),
        Object.keys(behavior).join(', ') || 'none',
        description,
      ]),
    );
  }
  return EXIT.ok;
}

export async function showProfile(client: Client, name: string, flags: ProfileFlags): Promise<ExitCode> {
  const profile = await findProfile(client, name, flags.type ?? (await defaultType(client)));
  if (flags.json) printJson(profile);
  else {
    say(`${profile.name} (${profile.profile_id}), ${kindOf(profile)}`);
    if (profile.description !== null) say(profile.description);
    printJson(profile.behavior);
  }
  return EXIT.ok;
}

function kindOf({ builtin, process_type }: Profile): string {
  return builtin ? `built in, for ${process_type}` : `for ${process_type ?? 'any process'}`;
}

/** The type that built-in profiles are shown for, and that a launch gets, if none is given. */
async function defaultType(client: Client): Promise<string | undefined> {
  return (await client.get<Config>('/config')).defaults.process_type ?? undefined;
}

export interface SaveFlags extends ProfileFlags {
  description?: string;
  chaos?: Document;
  behavior?: Document;
  fromBatch?: string;
  replace: boolean;
}

export async function saveProfile(client: Client, name: string, flags: SaveFlags): Promise<ExitCode> {
  const given = [flags.chaos, flags.behavior, flags.fromBatch].filter((each) => each !== undefined);
  if (given.length !== 1) throw new CliError('Give one of --chaos, --behavior and --from-batch.', EXIT.usage);
  const { behavior, type } = flags.fromBatch === undefined ? plainSource(flags) : await batchSource(client, flags);
  const body = { name, description: flags.description, process_type: type, behavior };
  const earlier = flags.replace
    ? (await readProfiles(client, undefined)).find((saved) => saved.name === name)
    : undefined;
  const saved = earlier
    ? await client.put<Profile>(`/profiles/${earlier.profile_id}`, {
        ...body,
        description: flags.description ?? earlier.description,
      })
    : await client.post<Profile>('/profiles', body);
  if (flags.json) printJson(saved);
  else say(`${saved.name} is ${earlier ? 'replaced' : 'saved'} (${saved.profile_id}), ${kindOf(saved)}.`);
  return EXIT.ok;
}

interface Source {
  behavior: Document;
  type: string | undefined;
}

function plainSource({ chaos, behavior, type }: SaveFlags): Source {
  return { behavior: chaos ?? behavior ?? {}, type };
}

async function batchSource(client: Client, { fromBatch = '', type }: SaveFlags): Promise<Source> {
  const batch = await client.get<{ behavior: Document | null; process_type: string | null }>(
    `/process-batches/${encodeURIComponent(fromBatch)}`,
  );
  return { behavior: batch.behavior ?? {}, type: type ?? batch.process_type ?? undefined };
}

export async function deleteProfile(client: Client, name: string, { json }: { json: boolean }): Promise<ExitCode> {
  const { profile_id, name: found } = await findProfile(client, name, undefined);
  await client.remove(`/profiles/${encodeURIComponent(profile_id)}`);
  if (json) printJson({ profile_id, name: found });
  else say(`${found} is deleted.`);
  return EXIT.ok;
}

/** To stdout, or to a file. Without names all that are saved. */
export async function exportProfiles(
  client: Client,
  names: readonly string[],
  { out }: { out?: string },
): Promise<ExitCode> {
  const all = await client.get<ProfileExport>('/profiles/export');
  const missing = names.filter((name) => !all.profiles.some((profile) => profile.name === name));
  if (missing.length > 0) throw new CliError(`There is no saved profile ${missing.join(', ')}.`, EXIT.refused);
  const profiles = names.length === 0 ? all.profiles : all.profiles.filter(({ name }) => names.includes(name));
  const document = { ...all, profiles };
  if (out === undefined) printJson(document);
  else {
    await writeFile(out, jsonText(document), { mode: 0o600 });
    remark(`${profiles.length} profiles are in ${out}.`);
  }
  return EXIT.ok;
}

export async function importProfiles(
  client: Client,
  path: string,
  { onConflict, json }: { onConflict: OnConflict; json: boolean },
): Promise<ExitCode> {
  const answer = await client.post<ProfileImportAnswer>(
    `/profiles/import?on_conflict=${onConflict}`,
    await readDocument(path),
  );
  if (json) printJson(answer);
  else
    printTable(
      ['name', 'what', 'id'],
      answer.items.map(({ name, result, profile_id }) => [name, result, profile_id]),
    );
  return EXIT.ok;
}

async function readDocument(path: string): Promise<object> {
  try {
    return parseJsonFile(path, await readFile(path, 'utf8')) as object;
  } catch (error) {
    if (error instanceof CliError) throw error;
    const why = (error as NodeJS.ErrnoException).code ?? 'it is not JSON';
    throw new CliError(`${path} cannot be read (${why}).`, EXIT.usage, error);
  }
}
