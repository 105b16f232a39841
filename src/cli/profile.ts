// faultline profile list | show | save | delete | export | import: built-in and saved behaviors of a running server.
// A profile is given by name or by id.

import { writeFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import type { Config, OnConflict, Profile, ProfileExport, ProfileImportAnswer } from '../http/contract.ts';
import { CliError, EXIT, type ExitCode } from '../supervisor/exit.ts';
import { chaosOption, findProfile, readProfiles } from './behavior-options.ts';
import { type Client, onServer } from './client.ts';
import { type Document, jsonOrFile, readJsonFile } from './json-options.ts';
import { jsonText, printJson, printTable, remark, say, show } from './print.ts';

export function register(program: Command): void {
  const profile = program.command('profile').description('built-in and saved chaos of a running server');
  const type = ['--type <name>', 'the process type whose steps built-in profiles are made for'] as const;

  onServer(
    profile
      .command('list')
      .description('built-in profiles, then saved ones by name')
      .option(...type),
    list,
  );

  onServer(
    profile
      .command('show <name>')
      .description('what a profile does to each step')
      .option(...type),
    showProfile,
  );

  onServer(
    profile
      .command('save <name>')
      .description('save chaos under a name')
      .option('--description <text>', 'what it is like, in a sentence')
      .option('--type <name>', 'only for this process type, whose steps are checked (default: for any)')
      .addOption(chaosOption())
      .option('--behavior <json>', 'the behavior by step, as JSON or @file to read it from', jsonOrFile)
      .option('--from-batch <batch_id>', 'the behavior a batch was launched with')
      .option('--replace', 'replace a saved profile of this name', false),
    save,
  );

  onServer(
    profile.command('delete <name>').description('delete a saved profile; batches launched with it keep their chaos'),
    remove,
  );

  onServer(
    profile
      .command('export [name...]')
      .description('saved profiles as a JSON document: all, or those named')
      .option('--out <file>', 'write to this file instead of stdout'),
    exportProfiles,
  );

  onServer(
    profile
      .command('import <file>')
      .description('save the profiles of an exported document: all of them or none')
      .addOption(
        new Option('--on-conflict <what>', 'when a name is taken: import nothing, skip it, or replace it')
          .choices(['fail', 'skip', 'replace'] satisfies OnConflict[])
          .default('fail'),
      ),
    importProfiles,
  );
}

interface ProfileFlags {
  type?: string;
  json: boolean;
}

async function typeOf(client: Client, { type }: ProfileFlags): Promise<string | undefined> {
  return type ?? (await client.get<Config>('/config')).defaults.process_type ?? undefined;
}

async function list(client: Client, flags: ProfileFlags): Promise<ExitCode> {
  const profiles = await readProfiles(client, await typeOf(client, flags));
  return show(flags, profiles, () =>
    printTable(
      ['name', 'id', 'for', 'steps', 'description'],
      profiles.map(({ name, profile_id, builtin, process_type, behavior, description }) => [
        name,
        profile_id,
        builtin ? 'built in' : (process_type ?? 'any'),
        Object.keys(behavior).join(', ') || 'none',
        description,
      ]),
    ),
  );
}

async function showProfile(client: Client, name: string, flags: ProfileFlags): Promise<ExitCode> {
  const profile = await findProfile(client, name, await typeOf(client, flags));
  return show(flags, profile, () => {
    say(`${profile.name} (${profile.profile_id}), ${scopeOf(profile)}`);
    if (profile.description !== null) say(profile.description);
    printJson(profile.behavior);
  });
}

function scopeOf({ builtin, process_type }: Profile): string {
  return builtin ? `built in, for ${process_type}` : `for ${process_type ?? 'any process'}`;
}

interface SaveFlags extends ProfileFlags {
  description?: string;
  chaos?: Document;
  behavior?: Document;
  fromBatch?: string;
  replace: boolean;
}

async function save(client: Client, name: string, flags: SaveFlags): Promise<ExitCode> {
  const { chaos, behavior, fromBatch, replace, description, type } = flags;
  if ([chaos, behavior, fromBatch].filter((each) => each !== undefined).length !== 1)
    throw new CliError('Give one of --chaos, --behavior and --from-batch.', EXIT.usage);
  const batch =
    fromBatch === undefined
      ? { behavior: chaos ?? behavior, process_type: null }
      : await client.get<{ behavior: Document | null; process_type: string | null }>(
          `/process-batches/${encodeURIComponent(fromBatch)}`,
        );
  const body = {
    name,
    description,
    process_type: type ?? batch.process_type ?? undefined,
    behavior: batch.behavior ?? {},
  };
  const earlier = replace ? (await readProfiles(client, undefined)).find((saved) => saved.name === name) : undefined;
  const saved = earlier
    ? await client.put<Profile>(`/profiles/${earlier.profile_id}`, {
        ...body,
        description: description ?? earlier.description,
      })
    : await client.post<Profile>('/profiles', body);
  return show(flags, saved, () =>
    say(`${saved.name} is ${earlier ? 'replaced' : 'saved'} (${saved.profile_id}), ${scopeOf(saved)}.`),
  );
}

async function remove(client: Client, given: string, flags: { json: boolean }): Promise<ExitCode> {
  const { profile_id, name } = await findProfile(client, given, undefined);
  await client.remove(`/profiles/${encodeURIComponent(profile_id)}`);
  return show(flags, { profile_id, name }, () => say(`${name} is deleted.`));
}

async function exportProfiles(client: Client, names: readonly string[], { out }: { out?: string }): Promise<ExitCode> {
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

async function importProfiles(
  client: Client,
  path: string,
  flags: { onConflict: OnConflict; json: boolean },
): Promise<ExitCode> {
  const document = readJsonFile(path) as object;
  const answer = await client.post<ProfileImportAnswer>(`/profiles/import?on_conflict=${flags.onConflict}`, document);
  return show(flags, answer, () =>
    printTable(
      ['name', 'what', 'id'],
      answer.items.map(({ name, result, profile_id }) => [name, result, profile_id]),
    ),
  );
}
